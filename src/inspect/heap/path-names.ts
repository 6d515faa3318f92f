import type { GenerationNodes } from "./generation-nodes.ts";
import type { HeapNode, HeapSnapshot } from "./heap-snapshot.ts";
import type { Hop, ReferencePath } from "./reference-path.ts";

/** Variables of scopes that the engine has for itself. */
const ENGINE_VARIABLES = new Set(["moduleLoader", "moduleGraph", "starNamespace", "starDefault"]);

/** What the engine keeps between two things that people know, by the beginning of its name. */
const ENGINE_OBJECTS =
  /^(system \/|Module(Record|Namespace|Loader|Registry)|Internal|Strong|Cell Butterfly|GetterSetter)/;

/**
 * The steps of a path as people know them: names of modules, variables, properties and keys, each with the kind of thing
 * that it leads to. What belongs to the engine is left out.
 *
 * @param target the generation that the path leads to, with its name; its own insides are left out, too
 */
export function nameSteps(
  snapshot: HeapSnapshot,
  { start, hops }: ReferencePath,
  target?: { readonly nodes: GenerationNodes; readonly name: string },
): string[] {
  const steps = [start.name];
  const foundAtOnce = target?.nodes.describe(start.node);
  if (foundAtOnce !== undefined && target !== undefined) return [...steps, withTarget(foundAtOnce, target.name)];
  for (const hop of hops) {
    if (target?.nodes.isFrame(hop.to) === true) break;
    const found = target?.nodes.describe(hop.to);
    const label = labelOf(hop);
    if (found !== undefined && target !== undefined) {
      return [...steps, ...(label === undefined ? [] : [label]), withTarget(found, target.name)];
    }
    const kind = kindOf(snapshot, hop.to);
    if (label !== undefined) steps.push(kind === undefined ? label : `${label} (${kind})`);
    else if (kind !== undefined && !isPlain(kind)) steps.push(article(kind));
  }
  if (target === undefined) return steps;
  return [...steps, `asynchronous work that was begun in ${target.name}`];
}

/** `function onTick of world#3`; the description of something suspended ends with what it waits for. */
function withTarget(description: string, name: string): string {
  const [subject = description, ...waiting] = description.split(" that ");
  return [`${subject} of ${name}`, ...waiting].join(" that ");
}

function labelOf({ via }: Hop): string | undefined {
  if (!("type" in via)) return via.name;
  const { type, name } = via;
  if (type === "property") return String(name);
  if (type === "element") return `[${name}]`;
  if (type !== "context" || ENGINE_VARIABLES.has(String(name))) return undefined;
  // The engine numbers the variables of a function that is suspended.
  return /^\d+$/.test(String(name)) ? "a variable" : String(name);
}

/** What a node is; `undefined` for what is the engine's own, and for plain objects, whose name says enough. */
function kindOf(snapshot: HeapSnapshot, node: HeapNode): string | undefined {
  const name = snapshot.nameOf(node);
  switch (snapshot.typeOf(node)) {
    case "closure":
      return name === "" || name === "Function" ? "function" : `function ${name}`;
    case "object":
    case "native":
      // Some objects of the engine have no name, or a text that is not a name.
      return name === "Object" || ENGINE_OBJECTS.test(name) || !/^[\w$]+$/.test(name) ? undefined : name;
    default:
      return undefined;
  }
}

function isPlain(kind: string): boolean {
  return kind === "function";
}

function article(kind: string): string {
  if (kind.startsWith("function ")) return kind;
  return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}
