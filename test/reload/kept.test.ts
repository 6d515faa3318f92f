import { describe, expect, test } from "bun:test";
import { createHost, hotswapError, type Host, journalPlugin } from "../support/host.ts";

/** A plugin that keeps what it got, and says what it sees of it. */
const keeper = (reloadable = true): string => `
import { definePlugin, type DataBag, type LiveFuncs, type LiveTypes, type Vault } from "hotswap";
import { wishes } from "../../journal";
let vault: Vault<{ number: number }>;
let dataBag: DataBag;
let liveFuncs: ReadonlyMap<string, Function>;
const see = () => ({
  live: vault.liveFuncs.get("live_version")?.(), kept: liveFuncs.get("live_version")?.(), names: [...liveFuncs.keys()],
  types: vault.liveTypes.size, extension: vault.extension.number,
  ticks: dataBag.update("ticks" as string, (n) => Number(n) + 1, 0),
});
wishes.set("tick", see);
export default definePlugin({
  reloadable: () => ${reloadable},
  export: () => ({ see }),
  onInit(given) {
    vault = given as never;
    ({ dataBag, liveFuncs } = given as never);
  },
  functions: { see },
});
`;

const other = (version: number): string => `
import { definePlugin } from "hotswap";
import { wishes } from "../../journal";
export function live_version() { return ${version}; }
export class Live_Thing${version} {}
export default definePlugin({ onInit: () => (wishes.get("other.onInit") as any)?.() });
`;

const seen = (version: number, extension: number, ticks: number) => ({
  live: version,
  kept: version,
  names: ["live_version"],
  types: 1,
  extension,
  ticks,
});

async function loaded(reloadable = true): Promise<Host<{ number: number }>> {
  let number = 0;
  const host = await createHost(
    { keeper: keeper(reloadable), other: other(1) },
    { newExtension: () => ({ number: ++number }) },
  );
  await host.swapper.loadPlugins();
  return host;
}

const call = (host: Host<{ number: number }>): unknown => host.swapper.current?.findPlugin("keeper")?.invokeFunc("see");

/** What the plugin sees from a timer of its own, say: without a call. */
const tick = (host: Host<{ number: number }>): unknown => (host.wishes.get("tick") as () => unknown)();

describe.each([
  ["unchanged", true],
  ["not reloadable", false],
])("3.16 the vault of a plugin that stays (%s)", (note, reloadable) => {
  test("is the current set's after any number of reloads of others, also when the old sets are freed", async () => {
    await using host = await loaded(reloadable);
    expect(call(host)).toEqual(seen(1, 1, 1));
    for (let version = 2; version <= 4; version++) {
      await host.change("other", other(version));
      expect((await host.swapper.reload()).get("keeper")).toBe(note as never);
      expect(tick(host)).toEqual(seen(version, version, 2 * version - 2));
      await host.swapper.drained();
      expect(call(host)).toEqual(seen(version, version, 2 * version - 1));
    }
    expect(host.swapper.current?.vault.dataBag.get("ticks")).toBe(7);
  });

  test("is the old set's while a reload is prepared, also when it is refused or aborted", async () => {
    await using host = await loaded(reloadable);
    await host.change("other", other(2));
    const during: unknown[] = [];
    host.wishes.set("other.onInit", () => {
      during.push(tick(host));
      throw new Error("refused");
    });
    expect(await hotswapError(host.swapper.reload())).toMatchObject({ phase: "onInit" });
    expect(during).toEqual([seen(1, 1, 1)]);
    host.wishes.delete("other.onInit");
    expect(call(host)).toEqual(seen(1, 1, 2));
    const prepared = await host.swapper.prepare();
    expect(tick(host)).toEqual(seen(1, 1, 3));
    await prepared.abort();
    expect(call(host)).toEqual(seen(1, 1, 4));
    await host.swapper.reload();
    expect(call(host)).toEqual(seen(2, 4, 5));
  });

  test("follows a rollback, and is the current set's in a call that began before the swap", async () => {
    await using host = await loaded(reloadable);
    await host.change("other", other(2));
    const lease = host.swapper.acquire();
    await host.swapper.reload();
    expect(lease.manager.findPlugin("keeper")?.invokeFunc("see")).toEqual(seen(2, 2, 1));
    lease.release();
    await host.swapper.rollback();
    await host.swapper.drained();
    expect(tick(host)).toEqual(seen(1, 3, 2));
  });
});

test("3.16 the vault of a plugin that left stays as it was until it is freed", async () => {
  await using host = await loaded();
  const old = host.wishes.get("tick") as () => unknown;
  await host.change("keeper", `${keeper()}\nexport const changed = true;`);
  await host.change("other", other(2));
  const lease = host.swapper.acquire();
  await host.swapper.reload();
  expect(old()).toEqual(seen(1, 1, 1));
  expect(call(host)).toEqual(seen(2, 2, 2));
  await host.change("other", other(3));
  await host.swapper.reload();
  expect(old()).toEqual(seen(1, 1, 3));
  lease.release();
});

describe("3.2 freeing in reverse order over all sets that are being freed", () => {
  const using = (name: string, dep: string, version: number): string => `
import { definePlugin, dependency } from "hotswap";
import { log, wishes } from "../../journal";
const deps = { ${dep}: dependency<{ version(): number }>("version") };
export default definePlugin({
  import: () => deps,
  export: () => ({ version: () => ${version} }),
  async onFree() {
    await (wishes.get("${name}.${version}") as any)?.();
    log("${name} ${version} used ${dep} " + deps.${dep}.version());
  },
});`;

  test("nothing is freed while something that depends on it is not, when several sets retire together", async () => {
    await using host = await createHost({ base: journalPlugin("base"), mid: using("mid", "base", 1) });
    await host.swapper.loadPlugins();
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    host.wishes.set("mid.1", () => {
      reached.resolve();
      return gate.promise;
    });
    const leases = [host.swapper.acquire()];
    await host.change("mid", using("mid", "base", 2));
    await host.swapper.reload();
    leases.push(host.swapper.acquire());
    await host.change("base", journalPlugin("base", [], 2));
    await host.swapper.reload();
    host.takeEvents();
    for (const lease of leases) lease.release();
    await reached.promise;
    const drained = host.swapper.drained();
    // The other set would be freed by now if it did not wait.
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    gate.resolve();
    await drained;
    const events = host.takeEvents();
    expect(events).toContain("mid 1 used base 1");
    expect(events).toContain("mid 2 used base 1");
    expect(events.indexOf("base.onFree")).toBe(events.length - 1);
    expect(host.logger.of("error")).toEqual([]);
  });
});

describe("3.20 what the host was told is what happened", () => {
  const failing = {
    debug() {},
    info(): void {
      throw new Error("disk full");
    },
    warn() {},
    error: (): Promise<never> => Promise.reject(new Error("disk full")),
  };

  test("a logger that throws or rejects changes nothing", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") }, { logger: failing as never });
    expect(String(await host.swapper.loadPlugins())).toBe("alpha: ok");
    await host.change("alpha", journalPlugin("alpha", [], 2));
    host.wishes.set("alpha.onFree", () => Promise.reject(new Error("free")));
    expect(String(await host.swapper.reload())).toBe("alpha: ok");
    await host.swapper.drained();
    expect(host.swapper.generations.map(({ state }) => state)).toContain("live");
    expect(host.swapper.reloads.at(-1)?.ok).toBe(true);
  });
});
