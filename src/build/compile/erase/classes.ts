import type { Class, MethodDefinition, PropertyDefinition } from "oxc-parser";
import { blank, type Erasure, next, NotErasable } from "./erasure.ts";
import { visitList } from "./lists.ts";

/** Leaves out what a class says about types. */
export function visitClass(erasure: Erasure, node: Class): void {
  requireNoDecorators(node);
  const { abstract, typeParameters, superClass, superTypeArguments, implements: promised, body } = node;
  if (abstract === true) blank(erasure, node.start, node.start + "abstract".length);
  if (typeParameters != null) blank(erasure, typeParameters.start, typeParameters.end);
  if (superClass !== null) erasure.visit(superClass);
  if (superTypeArguments != null) blank(erasure, superTypeArguments.start, superTypeArguments.end);
  const [first] = promised ?? [];
  if (first !== undefined) {
    const keyword = erasure.text.lastIndexOf("implements", first.start);
    if (keyword < node.start) throw new NotErasable("a class without the word implements");
    blank(erasure, keyword, promised?.at(-1)?.end ?? first.end);
  }
  erasure.owners++;
  visitList(erasure, body.body, "members");
  erasure.owners--;
}

/** A field or a method that exists at run time. */
export function visitMember(erasure: Erasure, node: PropertyDefinition | MethodDefinition): void {
  requireNoDecorators(node);
  const { key, computed, value, optional, override, accessibility } = node;
  const field = node.type === "PropertyDefinition" ? node : undefined;
  if (accessibility != null || override === true || field?.readonly === true) blankModifiers(erasure, node);
  if (computed) erasure.visit(key);
  const mark = optional === true ? "?" : field?.definite === true ? "!" : undefined;
  const marked = mark === undefined ? undefined : next(erasure, mark, computed ? next(erasure, "]", key.end) : key.end);
  if (field?.typeAnnotation != null) {
    const { start, end } = field.typeAnnotation;
    blank(erasure, marked ?? start, end);
  } else if (marked !== undefined) {
    blank(erasure, marked, marked + 1);
  }
  // A private field stays one, but its value may be set elsewhere.
  if (field !== undefined && !field.static && (key.type !== "PrivateIdentifier" || value !== null)) {
    erasure.fields = true;
  }
  if (value !== null) erasure.visit(value);
}

const modifiers = /\b(?:public|private|protected|readonly|override)\b/g;

/** They stand before the name; a comment that says such a word loses it. */
function blankModifiers(erasure: Erasure, { start, key }: PropertyDefinition | MethodDefinition): void {
  for (const { index, 0: word } of erasure.text.slice(start, key.start).matchAll(modifiers)) {
    blank(erasure, start + index, start + index + word.length);
  }
}

function requireNoDecorators({ decorators }: Pick<Class, "decorators">): void {
  if (decorators.length > 0) throw new NotErasable("decorators");
}
