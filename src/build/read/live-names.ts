import type { Span } from "oxc-parser";
import type { Diagnostic } from "../diagnostic.ts";
import { displayPath, fileDiagnostic } from "../diagnostic.ts";
import { type Evidence, evidenceOf, evidenceOfName, type Origin, type ResolveFile } from "./evidence.ts";
import { findHiddenFields } from "./hidden-fields.ts";
import type { Declared, Exported } from "./syntax/module-syntax.ts";
import type { SourceFile } from "./syntax/source-file.ts";

/** A live function or live type of a plugin. */
export interface LiveThing {
  readonly name: string;
  readonly kind: "function" | "type";
  /** Absolute path of the file that is to be imported for it. */
  readonly file: string;
  /** The name under which that file exports it. */
  readonly exportName: string;
}

/** What the files of a plugin say about its live things. */
export interface LiveNames {
  /** Sorted by name. */
  readonly things: readonly LiveThing[];
  readonly problems: readonly Diagnostic[];
  /** One of each file that does not parse. */
  readonly syntaxErrors: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

/** A live thing together with what makes it the same thing under every re-export. */
interface Found extends LiveThing {
  readonly origin: string;
  readonly node: Span;
  readonly source: SourceFile;
}

/**
 * Collects the live things of a plugin (SPEC 8.1, 8.2).
 *
 * @param files those files of the plugin whose text contains the prefix, in a stable order
 * @param resolveAny the same as `resolve` for the files of the plugin and of the host
 */
export function collectLiveNames(
  files: readonly SourceFile[],
  isLive: RegExp,
  resolve: ResolveFile,
  resolveAny: ResolveFile,
): LiveNames {
  const found: Found[] = [];
  const problems: Diagnostic[] = [];
  const syntaxErrors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const types = new Set<string>();
  for (const file of files) {
    const [error] = file.syntaxErrors;
    if (error !== undefined) {
      const [label] = error.labels;
      syntaxErrors.push(
        label === undefined ? fileDiagnostic(file.path, error.message) : file.problem(error.message, label),
      );
      continue;
    }
    const exported = file.syntax.exports.filter((entry) => isLive.test(liveNameOf(entry)));
    for (const entry of exported) {
      const thing = classify(file, entry, resolve);
      if ("message" in thing) {
        problems.push(thing);
        continue;
      }
      found.push(thing);
      if (thing.kind !== "type" || types.has(thing.origin)) continue;
      types.add(thing.origin);
      const hidden = findHiddenFields(
        thing.name,
        originOf(file, entry, resolve, new Set()),
        (target, name) => findExport(target, name, resolveAny, new Set()),
        resolveAny,
      );
      problems.push(...hidden.lost);
      warnings.push(...hidden.refused);
    }
    warnings.push(...unexported(file, exported, isLive));
  }
  const { things, duplicates } = unite(found);
  return { things, problems: [...problems, ...duplicates], syntaxErrors, warnings };
}

/** The name that makes an export live: its own, or for a default export that of what is declared. */
function liveNameOf({ name, value }: Exported): string {
  return name === "default" && value.kind === "local" ? value.name : name;
}

function classify(file: SourceFile, entry: Exported, resolve: ResolveFile): Found | Diagnostic {
  const name = liveNameOf(entry);
  const origin = originOf(file, entry, resolve, new Set());
  const { evidence } = origin;
  if (evidence.kind !== "function" && evidence.kind !== "class") {
    return file.problem(`"${name}" begins with the live prefix, but ${whyNotLive(evidence)}`, entry.node);
  }
  return {
    name,
    kind: evidence.kind === "class" ? "type" : "function",
    file: file.path,
    exportName: entry.name,
    origin: `${origin.file.path}\n${origin.name}`,
    node: entry.node,
    source: file,
  };
}

function whyNotLive(evidence: Evidence): string {
  const rename = "or give it another name";
  switch (evidence.kind) {
    case "value":
      return `it is ${evidence.what}: only functions and classes can be live; make it one, ${rename}`;
    case "import":
      return `it comes from "${evidence.specifier}", which is not the plugin's own code: declare it here, ${rename}`;
    default:
      return `is not evidently a function or a class: declare it with function, class, or const and a function, ${rename}`;
  }
}

/** Follows an export through the plugin's files to where the thing is declared. */
function originOf(file: SourceFile, entry: Exported, resolve: ResolveFile, seen: Set<string>): Origin {
  const { declarations } = file.syntax;
  let evidence: Evidence;
  let name = entry.name;
  switch (entry.value.kind) {
    case "expression":
      evidence = evidenceOf(entry.value.expression, declarations);
      break;
    case "imported":
      evidence = { kind: "import", ...entry.value.from };
      break;
    case "local":
      evidence = evidenceOfName(entry.value.name, declarations);
      name = entry.value.name;
      break;
    default:
      evidence = entry.value satisfies never;
  }
  if (evidence.kind !== "import") return { file, name, evidence };
  if (evidence.name === "*") return { file, name, evidence: { kind: "value", what: "a namespace" } };
  const target = resolve(evidence.specifier, file.path);
  if (target === undefined) return { file, name, evidence };
  return findExport(target, evidence.name, resolve, seen) ?? { file, name, evidence: { kind: "unknown" } };
}

function findExport(file: SourceFile, name: string, resolve: ResolveFile, seen: Set<string>): Origin | undefined {
  const key = `${file.path}\n${name}`;
  if (seen.has(key)) return undefined;
  seen.add(key);
  const { exports } = file.syntax;
  const direct = exports.find((entry) => entry.name === name);
  if (direct !== undefined) return originOf(file, direct, resolve, seen);
  for (const entry of exports) {
    if (entry.name !== "*" || entry.value.kind !== "imported") continue;
    const target = resolve(entry.value.from.specifier, file.path);
    const found = target === undefined ? undefined : findExport(target, name, resolve, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One thing for each name; two that were declared apart from each other are a problem. */
function unite(found: readonly Found[]): { things: LiveThing[]; duplicates: Diagnostic[] } {
  const duplicates: Diagnostic[] = [];
  const byName = new Map<string, Found>();
  for (const thing of found) {
    const first = byName.get(thing.name);
    if (first === undefined) {
      byName.set(thing.name, thing);
    } else if (first.origin !== thing.origin) {
      const message = `"${thing.name}" is the name of another live thing of this plugin, in ${displayPath(first.file)}: rename one`;
      duplicates.push(thing.source.problem(message, thing.node));
    } else if (thing.origin === `${thing.file}\n${thing.name}`) {
      byName.set(thing.name, thing);
    }
  }
  const things = [...byName.values()]
    .map(({ name, kind, file, exportName }) => ({ name, kind, file, exportName }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { things, duplicates };
}

/** Warnings for what has a live name but cannot be reached: it is not exported, or it is only a type. */
function unexported(file: SourceFile, exported: readonly Exported[], isLive: RegExp): Diagnostic[] {
  const reached = new Set(exported.flatMap(({ value }) => (value.kind === "local" ? [value.name] : [])));
  const warnings: Diagnostic[] = [];
  for (const [name, declared] of file.syntax.declarations) {
    if (!isLive.test(name) || reached.has(name) || declared.kind === "import") continue;
    warnings.push(
      file.problem(
        `"${name}" has a live name, but is not exported under it: export it, or give it another name`,
        place(declared),
      ),
    );
  }
  for (const [name, node] of file.syntax.types) {
    if (!isLive.test(name) || file.syntax.declarations.has(name)) continue;
    warnings.push(
      file.problem(`"${name}" has a live name, but is only a type: make it a class, or give it another name`, node),
    );
  }
  return warnings;
}

function place(declared: Declared): Span {
  if (declared.kind === "function" || declared.kind === "class") return declared.node.id ?? declared.node;
  return declared.node;
}
