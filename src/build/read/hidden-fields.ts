import type { Class, ClassElement } from "oxc-parser";
import type { Diagnostic } from "../diagnostic.ts";
import { bare, evidenceOf, type Origin, type ResolveFile } from "./evidence.ts";
import type { SourceFile } from "./syntax/source-file.ts";

/** What a live type has where the vault cannot read it, in its own class and in those that it evidently extends. */
export interface HiddenFields {
  /** Accessor fields: Bun keeps them in a WeakMap, where nothing can see when running that they are not stored. */
  readonly lost: readonly Diagnostic[];
  /** Private fields: instances are refused when they are stored. */
  readonly refused: readonly Diagnostic[];
}

/**
 * @param type the name of the live type
 * @param findExport finds what another file declares under an exported name
 */
export function findHiddenFields(
  type: string,
  origin: Origin,
  findExport: (file: SourceFile, name: string) => Origin | undefined,
  resolve: ResolveFile,
): HiddenFields {
  const lost: Diagnostic[] = [];
  const refused: Diagnostic[] = [];
  const seen = new Set<Class>();
  for (let next: Origin | undefined = origin; next?.evidence.kind === "class"; next = superclassOf(next)) {
    const { file, evidence } = next;
    if (seen.has(evidence.node)) break;
    seen.add(evidence.node);
    for (const member of evidence.node.body.body) {
      const name = nameOf(member, file);
      if (isAccessor(member)) {
        const message = `the live type ${type} has the accessor field ${name}, whose value would be lost when it is stored: make it a field, or a getter and setter of one`;
        lost.push(file.problem(message, member));
      } else if (isPrivateField(member)) {
        const message = `the live type ${type} has the private field ${name}, so its instances cannot be stored: make it a public field`;
        refused.push(file.problem(message, member));
      }
    }
  }
  return { lost, refused };

  function superclassOf({ file, evidence }: Origin): Origin | undefined {
    if (evidence.kind !== "class" || evidence.node.superClass === null) return undefined;
    const base = bare(evidence.node.superClass);
    const found = evidenceOf(base, file.syntax.declarations);
    if (found.kind !== "import") return { file, name: "", evidence: found };
    const target = resolve(found.specifier, file.path);
    return target && findExport(target, found.name);
  }
}

function isAccessor(member: ClassElement): boolean {
  return member.type === "AccessorProperty" && !member.static;
}

function isPrivateField(member: ClassElement): boolean {
  return member.type === "PropertyDefinition" && !member.static && member.key.type === "PrivateIdentifier";
}

function nameOf(member: ClassElement, file: SourceFile): string {
  return "key" in member ? file.text.slice(member.key.start, member.key.end) : "";
}
