import { BRIDGE_GLOBAL, type HostModule, type WorkerCode } from "../../artifact/manifest.ts";
import { propertyKey } from "../quoted-names.ts";
import { applyEdits, type Edit } from "../text-edits.ts";
import { contextBindings, contextNamesIn, WORKERS } from "./context/context-names.ts";
import { findHostImports, unknownOutput } from "./find-host-imports.ts";
import { findWrappers } from "./find-wrappers.ts";
import { ANY_NAME, HOST_PREFIX, readKey } from "./host-imports.ts";

/** The bundled code with its imports of host modules replaced by look-ups in the bridge. */
export interface LinkedCode {
  readonly code: string;
  /** One line that binds the names which the code takes from the host. */
  readonly prologue: string;
  readonly hostModules: readonly HostModule[];
}

/** What is known of a bundle. */
export interface HostLinks {
  /** Names that are written in imports of host modules whose bindings are live, by the modules' keys. */
  readonly live: ReadonlyMap<string, ReadonlySet<string>>;
  /** The paths of modules with a context, from the plugin's folder, by their ids. */
  readonly contexts: ReadonlyMap<string, string>;
  /** The code of the workers that the plugin starts, by their paths from its folder. */
  readonly workers: ReadonlyMap<string, WorkerCode>;
  /** Keys of modules that are only imported or required later. */
  readonly later: ReadonlySet<string>;
}

/** What the code takes from one host module. */
interface Use {
  /** The code's own names by the host's name; `*` is the namespace. */
  readonly locals: Map<string, string[]>;
  lazy: boolean;
}

/**
 * Replaces what the bundler left of imports of host modules. Lines and columns of everything else stay as they are, so
 * the source map stays right. Throws `HOTSWAP_UNSUPPORTED_BUN` when the bundler printed something else than it used to.
 */
export function linkHost(code: string, { live, contexts, workers, later }: HostLinks): LinkedCode {
  const imports = code.includes(HOST_PREFIX) ? findHostImports(code) : [];
  const wrappers = live.size === 0 ? [] : findWrappers(code);
  const uses = new Map<string, Use>();
  const useOf = (key: string): Use => {
    const use = uses.get(key) ?? { locals: new Map<string, string[]>(), lazy: true };
    uses.set(key, use);
    return use;
  };
  for (const { key, names } of wrappers) {
    const use = useOf(key);
    use.lazy = false;
    const written = live.get(key);
    for (const name of names)
      if (written?.has(name) === true || written?.has(ANY_NAME) === true) use.locals.set(name, []);
  }
  for (const entry of imports) {
    const use = useOf(entry.key);
    if (entry.kind !== "static") continue;
    use.lazy = false;
    for (const [name, local] of entry.bindings) use.locals.set(name, [...(use.locals.get(name) ?? []), local]);
  }
  for (const key of later) useOf(key);
  const keys = [...uses.keys()].toSorted((a, b) => (labelOf(a) < labelOf(b) ? -1 : 1));
  const index = new Map(keys.map((key, position) => [key, position]));
  const edits = imports.map(({ kind, key, start, end }): Edit => {
    const call = kind === "dynamic" ? "import" : "require";
    return { start, end, text: kind === "static" ? ";" : `${BRIDGE_GLOBAL}.${call}(${index.get(key)})` };
  });
  for (const { key, places } of wrappers) {
    // The name is short because the rest of the line must keep its columns.
    const namespace = `_$h${index.get(key)}`;
    for (const place of places) edits.push({ ...place, text: namespace });
    const { locals } = useOf(key);
    locals.set("*", [...(locals.get("*") ?? []), namespace]);
  }
  const linked = applyEdits(code, edits);
  if (linked.includes(HOST_PREFIX)) {
    throw unknownOutput("imports in a new form");
  }
  const hostModules = keys.map((key): HostModule => {
    const { locals, lazy } = useOf(key);
    return { ...readKey(key), names: [...locals.keys()].filter((name) => name !== "*").toSorted(), lazy };
  });
  const bindings = keys.flatMap((key, position) => hostBindings(useOf(key), position));
  if (workers.size > 0) bindings.push(`${WORKERS} = ${JSON.stringify(Object.fromEntries(workers))}`);
  if (contexts.size > 0) bindings.push(...contextsIn(linked, contexts));
  return { code: linked, prologue: bindings.length === 0 ? "" : `const ${bindings.join(", ")};`, hostModules };
}

/** Sorted by the name that users know, so that manifests are readable. */
function labelOf(key: string): string {
  return Buffer.from(key, "hex").toString("utf8");
}

function hostBindings({ locals }: Use, index: number): string[] {
  const source = `${BRIDGE_GLOBAL}.module(${index})`;
  const members: string[] = [];
  const namespaces: string[] = [];
  for (const [name, own] of locals) {
    for (const local of own) {
      if (name === "*") namespaces.push(`${local} = ${source}`);
      else members.push(name === local ? name : `${propertyKey(name)}: ${local}`);
    }
  }
  return members.length === 0 ? namespaces : [`{ ${members.join(", ")} } = ${source}`, ...namespaces];
}

function contextsIn(code: string, contexts: ReadonlyMap<string, string>): string[] {
  const used = contextNamesIn(code);
  return [...contexts].flatMap(([id, path]) => {
    const parts = used.get(id);
    if (parts === undefined) return [];
    return contextBindings(id, parts, `${BRIDGE_GLOBAL}.context(${JSON.stringify(path)}, (s) => import(s))`);
  });
}
