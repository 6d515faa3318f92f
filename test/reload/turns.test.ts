import { afterEach, expect, mock, spyOn, test } from "bun:test";
import { createHost, type Host, journalPlugin } from "../support/host.ts";

const names = ["alpha", "beta", "gamma"];
const hooks = ["reloadable", "export", "import", "onLoad", "onInit", "onFree"];

afterEach(() => {
  mock.restore();
});

/** Makes every step seem long enough for the loop to have its turn after it, on whatever machine. */
function makeTimeFly(): void {
  let now = performance.now();
  spyOn(performance, "now").mockImplementation(() => (now += 1000));
}

/** Counts the turns of the event loop, and tells of each hook in which of them it was called. */
function countTurns(host: Host): { readonly called: Map<string, number>; end(): void } {
  let turns = 0;
  let handle = setImmediate(function count() {
    turns++;
    handle = setImmediate(count);
  });
  const called = new Map<string, number>();
  for (const name of names) {
    for (const hook of hooks) host.wishes.set(`${name}.${hook}`, () => void called.set(`${name}.${hook}`, turns));
  }
  return { called, end: () => clearImmediate(handle) };
}

test("the event loop has its turn between any two steps that are not short", async () => {
  await using host = await createHost(Object.fromEntries(names.map((name) => [name, journalPlugin(name)])));
  await host.swapper.loadPlugins();
  for (const name of names) await host.change(name, journalPlugin(name, [], 2));
  makeTimeFly();
  const turns = countTurns(host);
  await host.swapper.reload();
  await host.swapper.drained();
  turns.end();
  expect(turns.called.size).toBe(names.length * hooks.length);
  // No turn was filled with two of them.
  expect(new Set(turns.called.values()).size).toBe(turns.called.size);
});

test("what a failed reload undoes is spread over turns, too", async () => {
  await using host = await createHost(Object.fromEntries(names.map((name) => [name, journalPlugin(name)])));
  await host.swapper.loadPlugins();
  for (const name of names) await host.change(name, journalPlugin(name, [], 2));
  makeTimeFly();
  const turns = countTurns(host);
  const refusal = new Error("not today");
  const refused = host.swapper.reload(undefined, () => {
    throw refusal;
  });
  expect(((await refused.catch((error: unknown) => error)) as Error).cause).toBe(refusal);
  turns.end();
  const freed = names.map((name) => turns.called.get(`${name}.onFree`));
  expect(freed).not.toContain(undefined);
  expect(new Set(freed).size).toBe(names.length);
});
