import { BRIDGE_GLOBAL, type HostModule, type WorkerCode } from "../../artifact/manifest.ts";
import { propertyKey } from "../quoted-names.ts";
import { applyEdits, type Edit } from "../text-edits.ts";
import { contextBindings, contextNamesIn, WORKERS } from "./context/context-names.ts";
import { findHostImports, unknownOutput } from "./find-host-imports.ts";
import { ANY_NAME, HOST_PREFIX, LIVE_CALL, readKey } from "./host-imports.ts";

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
    // Short: where everything stands in one line, what follows must keep its column.
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

/** By what users call it first, so that manifests are in an order that can be read. */
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

/** A host module that the bundler takes for one of CommonJS, whose wrapper asks for it. */
interface Wrapper {
  readonly key: string;
  /** What asks for the module: in the wrapper, and in each module that imports it. */
  readonly places: readonly { readonly start: number; readonly end: number }[];
  /** What is read from it. */
  readonly names: ReadonlySet<string>;
}

/** How a wrapper begins, up to {@link LIVE_CALL}. */
const wrapperStart =
  /([\w$]+)\s*=\s*[\w$]+\((?:function\s*)?\([\w$]+,\s*[\w$]+\)\s*(?:=>)?\s*\{\s*[\w$]+\.exports\s*=\s*$/;

/**
 * Finds the wrappers, and where they are imported: `import_x = __toESM(require_x())`. There the bundler would make an object
 * with a getter for each name; the namespace itself is what a native import reads, at a tenth of the cost.
 */
function findWrappers(code: string): Wrapper[] {
  const keys = new Map<string, string>();
  const places = new Map<string, { start: number; end: number }[]>();
  for (let start = code.indexOf(LIVE_CALL); start !== -1; start = code.indexOf(LIVE_CALL, start + 1)) {
    const [literal, key] = /^["'`]([0-9a-f]+)["'`]\)/.exec(code.slice(start + LIVE_CALL.length, start + 8192)) ?? [];
    const name = wrapperStart.exec(code.slice(Math.max(0, start - 400), start))?.[1];
    if (key === undefined || literal === undefined || name === undefined) {
      throw unknownOutput("the wrapper of a CommonJS module in a new form");
    }
    keys.set(name, key);
    places.set(key, [{ start, end: start + LIVE_CALL.length + literal.length }]);
  }
  if (keys.size === 0) return [];
  const namespaces = new Map<string, string>();
  const imported = new RegExp(
    String.raw`(?<![\w$])(?:([\w$]+)\s*=\s*)?[\w$]+\((${alternatives(keys.keys())})\(\)(?:,\s*1)?\)`,
    "g",
  );
  for (const { index, 1: local, 2: wrapper = "", 0: whole } of code.matchAll(imported)) {
    const key = keys.get(wrapper) ?? "";
    const end = index + whole.length;
    // What is assigned to stays.
    const start = end - (local === undefined ? whole : whole.slice(whole.indexOf("=") + 1).trimStart()).length;
    places.get(key)?.push({ start, end });
    if (local !== undefined) namespaces.set(local, key);
  }
  const names = namesRead(code, namespaces);
  return Array.from(keys.values(), (key) => ({
    key,
    places: places.get(key) ?? [],
    names: names.get(key) ?? new Set(),
  }));
}

/** The properties that are read of variables, by what these are for. */
function namesRead(code: string, variables: ReadonlyMap<string, string>): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  if (variables.size === 0) return found;
  const member = new RegExp(
    String.raw`(?<![\w$.])(${alternatives(variables.keys())})(?:\??\.([\w$]+)|\["((?:[^"\\]|\\.)*)"\])`,
    "g",
  );
  for (const [, variable = "", plain, quoted] of code.matchAll(member)) {
    const key = variables.get(variable) ?? "";
    const names = found.get(key) ?? new Set();
    found.set(key, names.add(plain ?? (JSON.parse(`"${quoted}"`) as string)));
  }
  return found;
}

function alternatives(names: Iterable<string>): string {
  return Array.from(names, (name) => name.replaceAll("$", String.raw`\$`)).join("|");
}
