import { BRIDGE_GLOBAL } from "../../../artifact/manifest.ts";

/*
 * The names by which a module's code refers to the parts of its context. They are free names, which neither Bun's
 * bundler nor its minifier changes. Thanks to the short id they are no longer than the code that they replace, so
 * columns stay.
 */

/** The parts by the letter that stands for them in a name. */
export const contextParts = {
  m: "meta",
  r: "require",
  i: "import",
  d: "dir",
  f: "path",
  w: "worker",
} as const;

/** What the code of an artifact calls the table of its workers' code. */
export const WORKERS = "_$k";

export type ContextPart = keyof typeof contextParts;

/** What the code of the module with this id calls a part of its context. */
export function contextName(part: ContextPart, id: string): string {
  return `_$${part}${id}`;
}

/** What the code of that module calls its n-th choice among modules of the plugin. */
export function choiceName(id: string, index: number): string {
  return `_$g${id}_${index}`;
}

/** The names that code takes from contexts, by the ids of modules. */
export function contextNamesIn(code: string): Map<string, Set<ContextPart>> {
  const found = new Map<string, Set<ContextPart>>();
  for (const [, part, id = ""] of code.matchAll(/(?<![\w$])_\$([mridfw])(\w+)(?![\w$])/g)) {
    const parts = found.get(id) ?? new Set();
    found.set(id, parts.add(part as ContextPart));
  }
  return found;
}

/** The code of a declaration that binds what a module takes from its context. */
export function contextBindings(id: string, parts: Iterable<ContextPart>, context: string): string {
  const whole = `_$c${id}`;
  const bindings = Array.from(parts)
    .toSorted()
    .map((part) => {
      if (part === "w") return `${contextName(part, id)} = (path) => ${BRIDGE_GLOBAL}.worker(${WORKERS}[path])`;
      const owner = part === "d" || part === "f" ? `${whole}.meta` : whole;
      return `${contextName(part, id)} = ${owner}.${contextParts[part]}`;
    });
  return [`${whole} = ${context}`, ...bindings].join(", ");
}
