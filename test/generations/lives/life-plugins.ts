import type { EventEmitter } from "node:events";
import type { Registry } from "hotswap";

/** What one generation sees, as its own code sees it. */
export interface Sight {
  /** What the live function of each plugin answers: its version; plugins that the set lacks are left out. */
  readonly live: Readonly<Record<string, number>>;
  /** Which set its extension was made for. */
  readonly extension: number;
  readonly shared: unknown;
  readonly inits: unknown;
  /** What is registered, by plugin: the same as {@link live}, as every plugin registers its version. */
  readonly registered: Readonly<Record<string, number>>;
  /** The version of what each filled slot leads to. */
  readonly deps: Readonly<Record<string, number>>;
}

/** A way into one generation that its host module keeps, as a timer or a listener of it would be. */
export interface Probe {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  /** `isFreeing`: leaves out the live functions of what is freed already. */
  see(isFreeing: boolean): Sight;
  write(value: number): void;
  /** Whether `scope.retired` is aborted. */
  isRetired(): boolean;
}

/** What `lives.ts`, which plugins and test share, exports. */
export interface Lives {
  /** Of the generations that are initialised and not freed. */
  readonly probes: Map<number, Probe>;
  /** What each generation saw when a timer of it fired last. */
  readonly beats: Map<number, Sight>;
  /** What generations saw in `onFree`, oldest first. */
  readonly freed: { readonly probe: Probe; readonly sight: Sight }[];
  /** Where every plugin registers what answers its version, under its name. */
  readonly versions: Registry<() => number>;
  /** Every plugin hears `ping`, and notes that it did. */
  readonly bus: EventEmitter;
  /** Who heard it: `mid 2`. */
  readonly heard: string[];
  /** Plugins and hooks that shall fail: `mid.onInit`. */
  readonly faults: Set<string>;
}

export const livesModule = `
import { EventEmitter } from "node:events";
import { registry } from "hotswap";
export const versions = registry<() => number>("versions");
export const bus = new EventEmitter().setMaxListeners(0);
export const heard: string[] = [];
export const probes = new Map();
export const beats = new Map();
export const freed: unknown[] = [];
export const faults = new Set<string>();
let last = 0;
export const nextId = (): number => ++last;
export function fail(step: string): void {
  if (faults.has(step)) throw new Error("fault in " + step);
}
`;

export interface LifePlugin {
  readonly isReloadable: boolean;
  readonly deps: readonly string[];
  readonly optional: readonly string[];
}

const plugin = (deps: readonly string[] = [], optional: readonly string[] = [], isReloadable = true): LifePlugin => ({
  isReloadable,
  deps,
  optional,
});

/** Two that are never reloaded, a chain on one of them, and one that comes and goes and that others can do without. */
export const lifePlugins: Readonly<Record<string, LifePlugin>> = {
  base: plugin(),
  extra: plugin(),
  leaf: plugin([], ["extra"]),
  mid: plugin(["base", "rock"]),
  rock: plugin([], [], false),
  stone: plugin(["rock"], ["extra"], false),
  top: plugin(["mid", "base"]),
};

export const lifeNames = Object.keys(lifePlugins);

/** The hooks that can be told to fail, in the order in which they run. */
export const failingSteps = ["module", "reloadable", "export", "import", "onLoad", "onInit"] as const;

/** The source of a plugin that tells what it sees, in every state and in every way there is. */
export function lifeSource(name: string, version: number): string {
  const { deps, optional, isReloadable } = lifePlugins[name] ?? plugin();
  const slots = [
    ...deps.map((dep) => `${dep}: dependency<any>("version")`),
    ...optional.map((dep) => `${dep}: dependency.optional<any>()`),
  ];
  return `
import { AsyncLocalStorage } from "node:async_hooks";
import { definePlugin, dependency } from "hotswap";
import { beats, bus, fail, freed, heard, nextId, probes, versions } from "../../lives";

fail("${name}.module");
const id = nextId();
const deps: Record<string, any> = { ${slots.join(", ")} };
let vault: any;
// What most plugins keep: not the vault, but what is in it.
let bag: any;
let liveFuncs: any;

export const live_${name} = (): number => ${version};

/** While a set is being freed, what this plugin does not depend on may be gone already. */
function ask(functions: Iterable<[string, () => number]>, isFreeing: boolean): Record<string, number> {
  const answers: Record<string, number> = {};
  for (const [name, fn] of functions) {
    try {
      answers[name.replace("live_", "")] = fn();
    } catch (error: any) {
      if (!isFreeing || error.code !== "HOTSWAP_FREED") throw error;
    }
  }
  return answers;
}

function see(isFreeing = false) {
  const linked: Record<string, number> = {};
  for (const [slot, dep] of Object.entries(deps)) if (dep !== undefined) linked[slot] = dep.version();
  const live = ask(liveFuncs, isFreeing);
  if (!Bun.deepEquals(live, ask(vault.liveFuncs, isFreeing))) throw new Error("two maps of live functions differ");
  return {
    live,
    registered: ask(versions.entries(), isFreeing),
    extension: vault.extension.set,
    shared: bag.get("shared"),
    inits: vault.dataBag.get("inits"),
    deps: linked,
  };
}

export default definePlugin({
  reloadable() { fail("${name}.reloadable"); return ${isReloadable}; },
  export() { fail("${name}.export"); return { version: () => ${version} }; },
  import() { fail("${name}.import"); return deps; },
  onLoad() { fail("${name}.onLoad"); },
  async onInit(given: any, scope) {
    vault = given;
    ({ dataBag: bag, liveFuncs } = given);
    bag.update("inits", (count: number) => count + 1, 0);
    // Whatever the host calls it for, it runs as code of the plugin does in a timer.
    const inPlugin = AsyncLocalStorage.snapshot();
    const probe = {
      id,
      name: "${name}",
      version: ${version},
      see: (isFreeing: boolean) => inPlugin(() => see(isFreeing)),
      write(value: number) { bag.set("shared", value); },
      isRetired: () => scope.retired.aborted,
    };
    probes.set(id, probe);
    scope.register(versions, "${name}", () => ${version});
    scope.on(bus, "ping", () => { heard.push("${name} ${version}"); });
    setInterval(() => { beats.set(id, see(true)); }, 10);
    fail("${name}.onInit");
  },
  async onFree() {
    const probe = probes.get(id);
    if (probe === undefined) return;
    probes.delete(id);
    freed.push({ probe, sight: see(true) });
    // Whatever it uses must still be there when others had their turn, some of which take longer than it does.
    for (let turn = 0; turn <= (id * 7) % 12; turn++) await new Promise((resolve) => setImmediate(resolve));
    freed.push({ probe, sight: see(true) });
  },
  functions: {
    version: () => ${version},
    see: () => see(),
    async seeLater() { await new Promise((resolve) => setImmediate(resolve)); return see(); },
    write(value: number) { bag.set("shared", value); },
  },
});
`;
}
