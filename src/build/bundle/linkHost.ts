import { parseSync } from "oxc-parser";
import { BRIDGE_GLOBAL, type HostModule } from "../../artifact/manifest.ts";
import { HOST_PREFIX, LIVE_CALL, specifierOf, type HostImports } from "./hostImports.ts";

/** The bundled code with its imports of host modules replaced by look-ups in the bridge. */
export interface LinkedCode {
  readonly code: string;
  /** One line that binds the names which the code takes from the host. */
  readonly prologue: string;
  readonly hostModules: readonly HostModule[];
}

interface Use {
  /** `name: local` pairs of named and default imports. */
  readonly names: Map<string, string[]>;
  readonly namespaces: string[];
  lazy: boolean;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Replaces what the bundler left of imports of host modules. Lines and columns of everything else stay as they are, so
 * the source map stays right.
 */
export function linkHost(code: string, imports: HostImports): LinkedCode {
  if (!code.includes(HOST_PREFIX) && !code.includes(LIVE_CALL)) return { code, prologue: "", hostModules: [] };
  const { module, errors } = parseSync("artifact.js", code, { sourceType: "module" });
  if (errors.length > 0) throw new Error(`the bundled code does not parse: ${errors[0]?.message}`);
  const uses = new Map<string, Use>();
  const useOf = (specifier: string) => {
    const found = uses.get(specifier) ?? { names: new Map(), namespaces: [], lazy: true };
    uses.set(specifier, found);
    return found;
  };

  for (const [specifier, names] of imports.live) {
    const use = useOf(specifier);
    use.lazy = false;
    for (const name of names) use.names.set(name, []);
  }
  const edits: Edit[] = [];
  for (const { start, end, moduleRequest, entries } of module.staticImports) {
    if (!moduleRequest.value.startsWith(HOST_PREFIX)) continue;
    const use = useOf(specifierOf(moduleRequest.value.slice(HOST_PREFIX.length)));
    use.lazy = false;
    for (const { importName, localName } of entries) {
      if (importName.kind === "NamespaceObject") use.namespaces.push(localName.value);
      else {
        const name = importName.kind === "Default" ? "default" : (importName.name ?? "");
        use.names.set(name, [...(use.names.get(name) ?? []), localName.value]);
      }
    }
    edits.push({ start, end, text: ";" });
  }
  const dynamic = module.dynamicImports.flatMap(({ start, end, moduleRequest }) => {
    const specifier = hostSpecifier(code.slice(moduleRequest.start, moduleRequest.end));
    if (specifier === undefined) return [];
    useOf(specifier);
    return [{ start, end, specifier }];
  });

  const specifiers = [...uses.keys()].sort();
  const index = new Map(specifiers.map((specifier, position) => [specifier, position]));
  for (const { start, end, specifier } of dynamic) {
    edits.push({ start, end, text: `${BRIDGE_GLOBAL}.import(${index.get(specifier)})` });
  }
  const linked = linkLiveModules(applyEdits(code, edits), index);
  return {
    code: linked,
    prologue: prologue(specifiers.map((specifier) => useOf(specifier))),
    hostModules: specifiers.map((specifier) => {
      const { names, lazy } = useOf(specifier);
      return { specifier, names: [...names.keys()].sort(), lazy };
    }),
  };
}

function prologue(uses: readonly Use[]): string {
  const bindings = uses.flatMap(({ names, namespaces }, index) => {
    const source = `${BRIDGE_GLOBAL}.module(${index})`;
    const members = [...names].flatMap(([name, locals]) =>
      locals.map((local) => (name === local ? name : `${propertyKey(name)}: ${local}`)),
    );
    return [
      ...(members.length > 0 ? [`{ ${members.join(", ")} } = ${source}`] : []),
      ...namespaces.map((local) => `${local} = ${source}`),
    ];
  });
  return bindings.length === 0 ? "" : `const ${bindings.join(", ")};`;
}

function propertyKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** The host module that the argument of an `import()` names, if it is a literal that does. */
function hostSpecifier(argument: string): string | undefined {
  const key = /^["'`]hotswap-host:([0-9a-f]+)["'`]$/.exec(argument.trim())?.[1];
  return key === undefined ? undefined : specifierOf(key);
}

/**
 * Wrappers of live modules name their host module; give them its index. The bundler imports them the way Node.js
 * imports CommonJS, `__toESM(require_x(), 1)`, where `default` would be the whole object: take the 1 away.
 */
function linkLiveModules(code: string, index: ReadonlyMap<string, number>): string {
  const wrappers: string[] = [];
  const pattern =
    /([\w$]+)(\s*=\s*[\w$]+\((?:function)?\s*\([\w$]+,\s*[\w$]+\)\s*(?:=>)?\s*\{\s*[\w$]+\.exports\s*=\s*)__hotswap__\.live\(["'`]([0-9a-f]+)["'`]\)/g;
  let linked = code.replaceAll(pattern, (whole, name: string, middle: string, key: string) => {
    wrappers.push(name);
    return `${name}${middle}${BRIDGE_GLOBAL}.live(${index.get(specifierOf(key))})`.padEnd(whole.length);
  });
  for (const name of wrappers) {
    const call = new RegExp(String.raw`(?<![\w$])${name.replaceAll("$", String.raw`\$`)}\(\)(,\s*1)\)`, "g");
    linked = linked.replaceAll(call, (whole, flag: string) => whole.replace(flag, "".padEnd(flag.length)));
  }
  return linked;
}

/** Replaces spans by texts that are not longer, filling up with spaces; line feeds inside a span are kept. */
function applyEdits(code: string, edits: Edit[]): string {
  edits.sort((a, b) => a.start - b.start);
  const parts: string[] = [];
  let position = 0;
  for (const { start, end, text } of edits) {
    const blanks = code.slice(start, end).replaceAll(/[^\n]/g, " ");
    parts.push(code.slice(position, start), text, blanks.includes("\n") ? blanks : blanks.slice(text.length));
    position = end;
  }
  parts.push(code.slice(position));
  return parts.join("");
}
