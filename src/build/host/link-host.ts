import { BRIDGE_GLOBAL, type HostModule } from "../../artifact/manifest.ts";
import { applyEdits, type Edit } from "../text-edits.ts";
import { findHostImports } from "./find-host-imports.ts";
import { HOST_PREFIX, LIVE_CALL, specifierOf } from "./host-imports.ts";

/** The bundled code with its imports of host modules replaced by look-ups in the bridge. */
export interface LinkedCode {
  readonly code: string;
  /** One line that binds the names which the code takes from the host. */
  readonly prologue: string;
  readonly hostModules: readonly HostModule[];
}

/** What the code takes from one host module. */
interface Use {
  /** The code's own names by the host's name; `*` is the namespace. */
  readonly locals: Map<string, string[]>;
  lazy: boolean;
}

/**
 * Replaces what the bundler left of imports of host modules. Lines and columns of everything else stay as they are, so
 * the source map stays right.
 *
 * @param live names that are taken, by host module, through wrappers that keep bindings live
 */
export function linkHost(code: string, live: ReadonlyMap<string, ReadonlySet<string>>): LinkedCode {
  if (live.size === 0 && !code.includes(HOST_PREFIX)) return { code, prologue: "", hostModules: [] };
  const imports = findHostImports(code);
  const uses = usesOf(imports, live);
  const specifiers = [...uses.keys()].toSorted();
  const index = new Map(specifiers.map((specifier, position) => [specifier, position]));
  const edits = imports.map(({ kind, specifier, start, end }): Edit => {
    return { start, end, text: kind === "static" ? ";" : `${BRIDGE_GLOBAL}.import(${index.get(specifier)})` };
  });
  const linked = applyEdits(code, edits);
  if (linked.includes(HOST_PREFIX)) {
    throw new Error(`this Bun's bundler (${Bun.version}) writes imports in a form that hotswap does not know`);
  }
  const hostModules = specifiers.map((specifier): HostModule => {
    const { locals, lazy } = useOf(uses, specifier);
    return { specifier, names: [...locals.keys()].filter((name) => name !== "*").toSorted(), lazy };
  });
  return {
    code: live.size === 0 ? linked : linkLiveModules(linked, index),
    prologue: prologue(specifiers.map((specifier) => useOf(uses, specifier))),
    hostModules,
  };
}

function usesOf(
  imports: ReturnType<typeof findHostImports>,
  live: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, Use> {
  const uses = new Map<string, Use>();
  for (const [specifier, names] of live) {
    const use = useOf(uses, specifier);
    use.lazy = false;
    for (const name of names) use.locals.set(name, []);
  }
  for (const entry of imports) {
    const use = useOf(uses, entry.specifier);
    if (entry.kind === "dynamic") continue;
    use.lazy = false;
    for (const [name, local] of entry.bindings) use.locals.set(name, [...(use.locals.get(name) ?? []), local]);
  }
  return uses;
}

function useOf(uses: Map<string, Use>, specifier: string): Use {
  const found = uses.get(specifier) ?? { locals: new Map(), lazy: true };
  uses.set(specifier, found);
  return found;
}

function prologue(uses: readonly Use[]): string {
  const bindings = uses.flatMap(({ locals }, index) => {
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
  });
  return bindings.length === 0 ? "" : `const ${bindings.join(", ")};`;
}

function propertyKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/**
 * Wrappers of live modules name their host module; give them its index. The bundler imports them the way Node.js
 * imports CommonJS, `__toESM(require_x(), 1)`, where `default` would be the whole object: take the 1 away.
 */
function linkLiveModules(code: string, index: ReadonlyMap<string, number>): string {
  const wrappers: string[] = [];
  const edits: Edit[] = [];
  for (let start = code.indexOf(LIVE_CALL); start !== -1; start = code.indexOf(LIVE_CALL, start + 1)) {
    const key = /^["'`]([0-9a-f]+)["'`]\)/.exec(code.slice(start + LIVE_CALL.length, start + 4096));
    const wrapper =
      /([\w$]+)\s*=\s*[\w$]+\((?:function\s*)?\([\w$]+,\s*[\w$]+\)\s*(?:=>)?\s*\{\s*[\w$]+\.exports\s*=\s*$/;
    const name = wrapper.exec(code.slice(Math.max(0, start - 400), start))?.[1];
    if (key?.[1] === undefined || name === undefined) {
      throw new Error(`this Bun's bundler (${Bun.version}) wraps CommonJS in a form that hotswap does not know`);
    }
    const end = start + LIVE_CALL.length + key[0].length;
    edits.push({ start, end, text: `${LIVE_CALL}${index.get(specifierOf(key[1]))})` });
    wrappers.push(name);
  }
  const calls = wrappers.map((name) => name.replaceAll("$", String.raw`\$`)).join("|");
  const nodeMode = new RegExp(String.raw`(?<![\w$])(?:${calls})\(\)(,\s*1)(?=\))`, "gd");
  for (const { indices } of code.matchAll(nodeMode)) {
    const flag = indices?.[1];
    if (flag !== undefined) edits.push({ start: flag[0], end: flag[1], text: "" });
  }
  return applyEdits(code, edits);
}
