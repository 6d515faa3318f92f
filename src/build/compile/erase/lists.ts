import type { Node } from "oxc-parser";
import type { Erasure } from "./erasure.ts";
import { blank, skipBlank } from "./erasure.ts";

/** What a statement, or a member of a class, may begin with so that it goes on with the line before. */
const continuing = { statements: "([`+-/<", members: "[*(" } as const;

/**
 * Goes through statements or members. Where something is left out between two of them, a semicolon keeps them apart if
 * the second would otherwise become a part of the first.
 */
export function visitList(erasure: Erasure, items: readonly Node[], kind: keyof typeof continuing): void {
  const { edits, text } = erasure;
  let erased = -1;
  let [from, to, end] = [0, 0, -1];
  for (const item of items) {
    if (isErased(item)) {
      erased = edits.length;
      blank(erasure, item.start, item.end);
      continue;
    }
    const first = edits.length;
    erasure.visit(item);
    const leading = edits[first]?.start === item.start ? first : -1;
    if (continuing[kind].includes(text.charAt(keptStart(erasure, item, first)))) {
      const trailing = edits.findIndex((edit, index) => index >= from && index < to && edit.end === end);
      const place = erased !== -1 ? erased : leading !== -1 ? leading : trailing;
      const edit = edits[place];
      if (edit !== undefined) edits[place] = { ...edit, text: ";" };
    }
    erased = -1;
    [from, to, end] = [first, edits.length, item.end];
  }
}

/** Where the first thing of an item stands that is not left out. */
function keptStart({ edits, text }: Erasure, item: Node, first: number): number {
  let at = item.start;
  for (let index = first; edits[index]?.start === at; index++) at = skipBlank(text, edits[index]?.end ?? at);
  return at;
}

/** Whether a statement or a member stands for types only, and nothing of it is left. */
export function isErased(node: Node): boolean {
  switch (node.type) {
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSDeclareFunction":
    case "TSIndexSignature":
    case "TSAbstractMethodDefinition":
    case "TSAbstractPropertyDefinition":
    case "TSAbstractAccessorProperty":
      return true;
    case "VariableDeclaration":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
      return node.declare === true;
    case "TSModuleDeclaration":
      return node.declare || (node.body?.type === "TSModuleBlock" && node.body.body.every(isErased));
    case "TSImportEqualsDeclaration":
      return node.importKind === "type";
    case "PropertyDefinition":
      return node.declare === true;
    case "MethodDefinition":
      return node.value.type === "TSEmptyBodyFunctionExpression";
    case "ExportNamedDeclaration":
      if (node.exportKind === "type") return true;
      if (node.declaration !== null) return isErased(node.declaration);
      return node.source !== null && node.specifiers.length > 0 && node.specifiers.every(isTypeSpecifier);
    case "ExportDefaultDeclaration":
      return isErased(node.declaration);
    case "ExportAllDeclaration":
      return node.exportKind === "type";
    default:
      return false;
  }
}

function isTypeSpecifier({ exportKind }: { readonly exportKind?: string }): boolean {
  return exportKind === "type";
}
