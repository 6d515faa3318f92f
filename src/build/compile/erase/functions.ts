import type { ArrowFunctionExpression, Function as FunctionNode } from "oxc-parser";
import { blank, type Erasure, next, NotErasable, withComma } from "./erasure.ts";

/** Leaves out a function's types, and the type of its `this`. */
export function visitFunction(erasure: Erasure, node: FunctionNode): void {
  const { params, typeParameters, returnType, body } = node;
  if (typeParameters != null) blank(erasure, typeParameters.start, typeParameters.end);
  if (returnType != null) blank(erasure, returnType.start, returnType.end);
  erasure.functions++;
  erasure.owners++;
  for (const param of params) {
    if (param.type === "Identifier" && param.name === "this") {
      blank(erasure, param.start, withComma(erasure.text, param.end));
    } else {
      erasure.visit(param);
    }
  }
  if (body !== null) erasure.visit(body);
  erasure.owners--;
  erasure.functions--;
}

/** An arrow must stand in the line where the parameters end, so a parenthesis moves when a type takes several lines. */
export function visitArrow(erasure: Erasure, node: ArrowFunctionExpression): void {
  const { text } = erasure;
  const { params, typeParameters, returnType, body } = node;
  if (typeParameters != null) {
    const { start, end } = typeParameters;
    if (hasLines(text, start, end)) blank(erasure, start, next(erasure, "(", end) + 1, "(");
    else blank(erasure, start, end);
  }
  if (returnType != null) {
    const { start, end } = returnType;
    const close = text.lastIndexOf(")", start);
    if (close < node.start) throw new NotErasable("parameters without a parenthesis");
    if (hasLines(text, close, end)) {
      blank(erasure, close, end - 1);
      blank(erasure, end - 1, end, ")");
    } else {
      blank(erasure, start, end);
    }
  }
  erasure.functions++;
  for (const param of params) erasure.visit(param);
  erasure.visit(body);
  erasure.functions--;
}

function hasLines(text: string, start: number, end: number): boolean {
  const line = text.indexOf("\n", start);
  return line !== -1 && line < end;
}
