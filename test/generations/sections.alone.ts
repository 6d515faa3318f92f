import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { uncollected } from "../support/collect.ts";
import { createHost, type Host } from "../support/host.ts";
import { leakingHost, registry } from "./leaking-host.ts";

/** A plugin that leaves something of a module of its own with the host. */
const leaking = (version: number, leak: string): string => `
import { definePlugin } from "hotswap";
import * as host from "../../g/registry";
import * as lib from "./lib";
export default definePlugin({ onInit() { ${leak} }, functions: { version: () => ${version} } });`;

const lib = `
export function nothing() { return 1; }
export const arrow = () => 2;
export class Player { hp = 3; static create = () => new Player(); }
export const bound = nothing.bind(null, 1);
export const inner = (() => { const deep = [1]; return () => deep; })();
export function* numbers() { yield 1; yield 2; }
export async function wait(promise) { await promise; }
export const table = { get value() { return 1; } };
`;

async function leakOf(leak: string): Promise<Host> {
  const host = await createHost(
    { world: leaking(1, leak) },
    { leakAfter: 1 },
    { "g/registry.ts": registry, "plugin/world/lib.js": lib },
    { apart: true },
  );
  await host.swapper.loadPlugins();
  for (const version of [2, 3]) {
    await host.change("world", leaking(version, ""));
    await host.swapper.reload();
  }
  await host.swapper.drained();
  return host;
}

describe("6.4 what is kept of a module that is kept apart keeps its generation, is reported, and explained", () => {
  const kept: readonly (readonly [what: string, leak: string, path: string])[] = [
    ["a function that refers to nothing", "lib.nothing", "function nothing of world#1"],
    ["an arrow function", "lib.arrow", "an anonymous function of world#1"],
    ["a class", "lib.Player", "function Player of world#1"],
    ["an object of a class", "new lib.Player()", "an instance of Player of world#1"],
    ["a bound function", "lib.bound", "function nothing of world#1"],
    ["a function within a function", "lib.inner", "an anonymous function of world#1"],
    ["a generator", "lib.numbers()", "a generator of world#1"],
    ["a getter", `Object.getOwnPropertyDescriptor(lib.table, "value")!.get`, "an anonymous function of world#1"],
    ["a namespace", "lib", "the module namespace of world#1"],
  ];

  test.each(kept)("%s", async (_what, leak, end) => {
    await using host = await leakOf(`host.handlers.set("kept", ${leak});`);
    await host.logger.line(/^warn: world#1 was freed .* something still refers to its code/);
    const { path } = await host.swapper.explain({ plugin: "world", number: 1 });
    expect(path.join(" > ")).toBe(`host module g/registry.ts > handlers (Map) > "kept" > ${end}`);
  });
});

describe("6.4 explain of modules that are kept apart", () => {
  test("an async function that waits, and work that a plugin began", async () => {
    const ends = ["void save();", "void host.waitForever();"].map(async (leak) => {
      await using host = await leakingHost(leak, { apart: true });
      const { path } = await host.swapper.explain({ plugin: "world", number: 1 });
      return path.join(" > ");
    });
    expect(await Promise.all(ends)).toEqual([
      "host module g/registry.ts > never (Promise) > an async function of world#1 that waits for it",
      "host module g/registry.ts > never (Promise) > asynchronous work that was begun in world#1",
    ]);
  });

  test("what the host keeps, although the plugin that is live imports it, too", async () => {
    const version = (
      number: number,
    ): string => `import { definePlugin } from "hotswap"; import { handlers } from "../../g/registry"; function kept() { return ${number}; }
      export default definePlugin({ onInit() { if (${number} === 1) handlers.set("kept", kept); } });`;
    await using host = await createHost({ world: version(1) }, {}, { "g/registry.ts": registry }, { apart: true });
    await host.swapper.loadPlugins();
    for (const number of [2, 3]) {
      await host.change("world", version(number));
      await host.swapper.reload();
    }
    await host.swapper.drained();
    const { path } = await host.swapper.explain({ plugin: "world", number: 1 });
    expect(path.join(" > ")).toBe(`host module g/registry.ts > handlers (Map) > "kept" > function kept of world#1`);
  });

  test("what another plugin keeps in a variable of one of its modules", async () => {
    const keeper = `import { definePlugin } from "hotswap"; import { take } from "./lib"; export default definePlugin({ functions: { take } });`;
    await using host = await createHost(
      { world: leaking(1, "host.hide(lib.nothing);"), keeper },
      {},
      {
        "g/registry.ts": registry,
        "plugin/world/lib.js": lib,
        "plugin/keeper/lib.ts": `import { hide, seen } from "../../g/registry"; const cached: unknown[] = []; export const take = () => { cached.push(seen()); hide(undefined); };`,
      },
      { apart: true },
    );
    await host.swapper.loadPlugins();
    host.swapper.current?.findPlugin("keeper")?.invokeFunc("take");
    for (const version of [2, 3]) {
      await host.change("world", leaking(version, ""));
      await host.swapper.reload();
    }
    await host.swapper.drained();
    const { path } = await host.swapper.explain({ plugin: "world", number: 1 });
    expect(path.join(" > ")).toBe("plugin keeper#1 (live) > cached (Array) > [0] > function nothing of world#1");
  });
});

/** A plugin of modules that are compiled in different ways, with state, timers, later imports and errors of all kinds. */
const busy = (version: number): Record<string, string> => ({
  "plugin/busy/index.ts": `${"\n".repeat(version)}import { definePlugin } from "hotswap";
import { log } from "../../journal";
import { State, Kind, fail, failLater } from "./lib";
import "./timer";
interface Nothing { readonly a: number }
const state: State & Partial<Nothing> = new State(${version});
export const looked = (): number => state.count++;
export function live_version(): number { return ${version}; }
export default definePlugin({
  onFree() { log("freed ${version}"); },
  functions: {
    version: () => ${version},
    looked,
    kind: () => Kind[0],
    fail,
    failLater,
    failSync(this: void): never {
      throw new Error("sync ${version}");
    },
    failInTimer: () => void setTimeout(() => { fail(); }, 0),
    late: async () => (await import("./late")).late,
    onceMore: () => 0,
  },
});
`,
  "plugin/busy/lib.ts": `${"// moved\n".repeat(version)}export enum Kind { Zero }
export class State { constructor(public count: number) {} }
export function fail(): never {
  throw new Error("of lib ${version}");
}
export async function failLater(): Promise<never> {
  await Promise.resolve();
  throw new Error("later ${version}");
}
`,
  "plugin/busy/timer.ts": `import { log } from "../../journal"; setInterval(() => log("tick ${version}"), 1);\n`,
  "plugin/busy/late.ts": `import { log } from "../../journal"; setInterval(() => log("late tick ${version}"), 1); export const late = ${version};\n`,
});

async function busyHost(onPluginError?: (error: unknown) => void): Promise<Host> {
  const files = busy(1);
  const host = await createHost(
    { busy: files["plugin/busy/index.ts"] ?? "" },
    onPluginError === undefined ? {} : { onPluginError },
    files,
    { apart: true },
  );
  await host.swapper.loadPlugins();
  return host;
}

async function edit(host: Host, version: number): Promise<void> {
  await host.project.write(busy(version));
  await host.project.build("busy");
  expect(String(await host.swapper.reload())).toBe("busy: ok");
}

async function stackOf(work: () => unknown): Promise<string> {
  const error: unknown = await Promise.try(work).catch((reason: unknown) => reason);
  return (error as Error).stack ?? "";
}

describe("generations of modules that are kept apart", () => {
  test("two of them live beside each other, with state of their own", async () => {
    await using host = await busyHost();
    using lease = host.swapper.acquire();
    const old = lease.manager.findPlugin("busy");
    await edit(host, 2);
    const now = host.swapper.current?.findPlugin("busy");
    expect([old?.invokeFunc("looked"), old?.invokeFunc("looked"), now?.invokeFunc("looked")]).toEqual([1, 2, 2]);
    expect([await old?.invokeFunc("late"), await now?.invokeFunc("late")]).toEqual([1, 2]);
    expect(host.swapper.current?.vault.liveFuncs.get("live_version")?.()).toBe(2);
  });

  test("stack traces have file and line of the source that the code was built from, of old ones after newer were loaded", async () => {
    const errors: string[] = [];
    let arrived = Promise.withResolvers<void>();
    await using host = await busyHost((error) => {
      errors.push((error as Error).stack ?? "");
      arrived.resolve();
    });
    using lease = host.swapper.acquire();
    const first = lease.manager.findPlugin("busy");
    await edit(host, 2);
    await edit(host, 3);
    for (const [plugin, version] of [
      [first, 1],
      [host.swapper.current?.findPlugin("busy"), 3],
    ] as const) {
      const thrown = `plugin/busy/lib.ts:${version + 4}:`;
      expect(await stackOf(() => plugin?.invokeFunc("failSync"))).toContain(`plugin/busy/index.ts:${version + 18}:`);
      expect(await stackOf(() => plugin?.invokeFunc("fail"))).toContain(thrown);
      expect(await stackOf(() => plugin?.invokeFunc("failLater"))).toContain(`plugin/busy/lib.ts:${version + 8}:`);
      arrived = Promise.withResolvers();
      plugin?.invokeFunc("failInTimer");
      await arrived.promise;
      expect(errors.at(-1)).toContain(thrown);
      expect(errors.at(-1)).toContain(`plugin/busy/index.ts:${version + 20}:`);
    }
  });

  test("6.2 what their modules opened while they were evaluated, at once or later, is closed when they are freed", async () => {
    await using host = await busyHost();
    await host.swapper.current?.findPlugin("busy")?.invokeFunc("late");
    const seen = new Set<string>();
    while (!["tick 1", "late tick 1"].every((event) => seen.has(event))) {
      await Bun.sleep(1);
      for (const event of host.takeEvents()) seen.add(event);
    }
    await edit(host, 2);
    await host.swapper.drained();
    expect(host.takeEvents()).toContain("freed 1");
    while (!host.takeEvents().includes("tick 2")) await Bun.sleep(1);
    const turns = [await Bun.sleep(3), ...host.takeEvents()];
    expect(turns.filter((event) => String(event).endsWith(" 1"))).toEqual([]);
  });

  test("3.14 rollback, and 3.5 the same set again", async () => {
    await using host = await busyHost();
    await edit(host, 2);
    expect(String(await host.swapper.reload())).toBe("busy: unchanged");
    await host.swapper.rollback();
    const busyPlugin = host.swapper.current?.findPlugin("busy");
    expect([busyPlugin?.invokeFunc("version"), await busyPlugin?.invokeFunc("late")]).toEqual([1, 1]);
    expect(await stackOf(() => busyPlugin?.invokeFunc("fail"))).toContain("plugin/busy/lib.ts:5:");
  });

  test("3.7 a module that throws fails the reload as a bundled one does, and the old set stays", async () => {
    const broken = "export const x = 1;\nthrow new Error(`broken ${x}`);\n";
    const outcomes = [true, false].map(async (apart) => {
      const index = (code: string): string =>
        `import { definePlugin } from "hotswap"; ${code} export default definePlugin({ functions: { ok: () => 1 } });`;
      await using host = await createHost({ alpha: index("") }, {}, { "plugin/alpha/lib.ts": broken }, { apart });
      await host.swapper.loadPlugins();
      await host.change("alpha", index(`import { x } from "./lib"; void x;`));
      const error: unknown = await host.swapper.reload().catch((reason: unknown) => reason);
      const { code, phase, plugin, message, cause } = error as Error & Record<string, unknown>;
      expect((cause as Error).stack).toContain("plugin/alpha/lib.ts:2:");
      expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("ok")).toBe(1);
      return { code, phase, plugin, message };
    });
    const [first, second] = await Promise.all(outcomes);
    expect(first).toEqual(second as NonNullable<typeof second>);
    expect(first).toMatchObject({ code: "HOTSWAP_HOOK_FAILED", phase: "load", plugin: "alpha" });
  });

  test("6.3 are collected, whatever was called, and their memory does not add up", async () => {
    await using host = await busyHost();
    const rounds = 60;
    let after = 0;
    for (let version = 2; version <= rounds; version++) {
      await edit(host, version);
      const plugin = host.swapper.current?.findPlugin("busy");
      plugin?.invokeFunc("looked");
      await plugin?.invokeFunc("late");
      host.takeEvents();
      host.logger.lines.length = 0;
      if (version === rounds / 3) {
        expect(await uncollected(host.swapper)).toEqual([]);
        after = objects();
      }
    }
    await host.swapper.drained();
    expect(await uncollected(host.swapper)).toEqual([]);
    expect(host.swapper.generations).toHaveLength(1);
    // Forty generations with a handful of functions each would be thousands.
    expect(objects() - after).toBeLessThan(1000);
  });
});

/** Functions and objects in memory. */
function objects(): number {
  const { objectTypeCounts } = heapStats();
  return (objectTypeCounts["Function"] ?? 0) + (objectTypeCounts["Object"] ?? 0);
}
