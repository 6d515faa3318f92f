import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, test } from "bun:test";
import type { ReloadNews } from "hotswap";
import { createHost } from "../support/host.ts";

const worker = (version: number): string => `
import { definePlugin } from "hotswap";
import { wishes } from "../../journal";
let calls = 0;
const fail = (): never => {
  throw new TypeError("failure " + calls);
};
export default definePlugin({
  functions: {
    often: () => ++calls,
    tenth: () => (++calls % 10 === 0 ? fail() : ${version}),
    rejects: async () => fail(),
    waits: () => (wishes.get("gate") as Promise<void>),
    throwInTimer: () => void setTimeout(fail, 0),
    reject: () => void Promise.reject(new RangeError("nobody waits")),
  },
});
`;

const names = ["often", "tenth", "rejects", "waits", "throwInTimer", "reject"] as const;
type Name = (typeof names)[number];

async function loaded(observe?: "errors" | "calls") {
  const host = await createHost({ worker: worker(1) }, observe === undefined ? {} : { observe });
  await host.swapper.loadPlugins();
  const call = (name: Name): unknown => host.swapper.current?.findPlugin("worker")?.invokeFunc(name);
  const times = async (count: number, name: Name): Promise<void> => {
    for (let index = 0; index < count; index++) {
      try {
        await call(name);
      } catch {
        // Counted by the host.
      }
    }
  };
  const heard = (type: ReloadNews["type"]): Promise<ReloadNews> =>
    new Promise((resolve) => {
      const end = host.swapper.subscribe((news) => {
        if (news.type !== type) return;
        end();
        resolve(news);
      });
    });
  return { host, call, times, heard };
}

type Loaded = Awaited<ReturnType<typeof loaded>>;

const generation = ({ host }: Loaded, number = 1) =>
  host.swapper.metrics().generations.find((each) => each.generation === number);

const fn = (here: Loaded, name: Name, number = 1) =>
  generation(here, number)?.functions.find((each) => each.name === name);

describe("15.1 counts", () => {
  test("failures are counted without being asked for; calls are not", async () => {
    const here = await loaded();
    await using _ = here.host;
    await here.times(100, "tenth");
    await here.times(3, "rejects");
    await here.times(100, "often");
    expect(generation(here)).toMatchObject({ failures: 13, uncaught: 0 });
    expect(fn(here, "tenth")).toMatchObject({ failures: 10, calls: undefined, p50: undefined });
    expect(fn(here, "rejects")).toMatchObject({ failures: 3 });
    expect(fn(here, "often")).toBeUndefined();
  });

  test("observe: calls counts every call and times some, by function", async () => {
    const here = await loaded("calls");
    await using _ = here.host;
    await here.times(100, "tenth");
    const gate = Promise.withResolvers<void>();
    here.host.wishes.set("gate", gate.promise);
    const waiting = [here.call("waits"), here.call("waits")];
    expect(fn(here, "tenth")).toMatchObject({ calls: 100, failures: 10, underWay: 0 });
    expect(fn(here, "waits")).toMatchObject({ calls: 2, underWay: 2, p50: undefined });
    gate.resolve();
    await Promise.all(waiting);
    expect(fn(here, "waits")).toMatchObject({ underWay: 0, timed: { count: 2 } });
    expect(fn(here, "waits")?.p99).toBeGreaterThan(0);
  });

  test("two versions can be compared, and totals go on when the old one is gone", async () => {
    const here = await loaded("calls");
    await using _ = here.host;
    await here.times(20, "tenth");
    await here.host.change("worker", worker(2));
    const lease = here.host.swapper.acquire();
    await here.host.swapper.reload();
    await here.times(30, "tenth");
    expect([fn(here, "tenth", 1)?.calls, fn(here, "tenth", 2)?.calls]).toEqual([20, 30]);
    lease.release();
    await here.host.swapper.drained();
    const [total] = here.host.swapper.metrics().totals;
    expect(total).toMatchObject({ plugin: "worker", failures: 5 });
    expect(total?.functions.find(({ name }) => name === "tenth")?.calls).toBe(50);
  });

  test("errors are grouped by kind and place, with the source's line", async () => {
    const here = await loaded();
    await using _ = here.host;
    await here.times(100, "tenth");
    const [group, ...others] = here.host.swapper.metrics().errors;
    expect(others).toEqual([]);
    expect(group?.count).toBe(10);
    expect(group).toMatchObject({
      plugin: "worker",
      generation: 1,
      source: "call",
      function: "tenth",
      name: "TypeError",
    });
    expect(group?.place).toEqual({
      file: here.host.project.path("plugin/worker/index.ts"),
      line: 6,
      column: expect.any(Number),
    });
    expect(group?.stack).toContain("plugin/worker/index.ts:6");
  });

  test("errors of timers and rejections that nobody handles are counted, grouped and told", async () => {
    const here = await loaded();
    await using _ = here.host;
    const first = here.heard("error");
    here.call("throwInTimer");
    expect(await first).toMatchObject({ group: { source: "uncaughtException", name: "TypeError", count: 1 } });
    const second = here.heard("error");
    here.call("reject");
    expect(await second).toMatchObject({ group: { source: "unhandledRejection", message: "nobody waits" } });
    expect(generation(here)).toMatchObject({ failures: 0, uncaught: 2 });
    expect(here.host.swapper.metrics().errors.map(({ name }) => name)).toEqual(["RangeError", "TypeError"]);
  });

  test("15.3 diagnostics channels hear of reloads and errors", async () => {
    const heard: unknown[] = [];
    const hear = (message: unknown): void => void heard.push(message);
    const channels = ["hotswap:reload", "hotswap:error"];
    for (const channel of channels) subscribe(channel, hear);
    const here = await loaded();
    await using _ = here.host;
    await here.times(1, "rejects");
    for (const channel of channels) unsubscribe(channel, hear);
    expect(heard).toEqual([here.host.swapper.reloads[0], here.host.swapper.metrics().errors[0]]);
  });

  test("space is bounded whatever names functions have", async () => {
    const own = (version: number): string => `
import { definePlugin } from "hotswap";
export default definePlugin({ invokeFunc: (name: string) => { throw new Error(name + ${version}); } });`;
    await using host = await createHost({ own: own(1) }, { observe: "calls" });
    await host.swapper.loadPlugins();
    for (let round = 0; round < 20; round++) {
      for (let name = 0; name < 100; name++) {
        expect(() => host.swapper.current?.findPlugin("own")?.invokeFunc(`name${round}-${name}`)).toThrow();
      }
    }
    const { generations, totals, errors } = host.swapper.metrics();
    expect(generations[0]?.functions).toHaveLength(101);
    expect(totals[0]?.functions).toHaveLength(101);
    expect(totals[0]?.failures).toBe(2000);
    expect(errors.length).toBeLessThanOrEqual(100);
  });
});
