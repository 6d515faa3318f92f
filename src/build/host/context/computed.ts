import type { Expression, Node } from "oxc-parser";
import { bare } from "../../read/evidence.ts";

/** Texts that an expression may come to: what is known of it, with a gap for each part that is only known at run time. */
export type TextPattern = readonly (string | undefined)[];

/** What is known of the text that an expression comes to. */
export function textPattern(expression: Expression | Node): TextPattern {
  const node = bare(expression as Expression);
  switch (node.type) {
    case "Literal":
      return [typeof node.value === "string" ? node.value : undefined];
    case "TemplateLiteral":
      return joined(
        node.quasis.flatMap(({ value }, index) => {
          const expressionAfter = node.expressions[index];
          return [value.cooked ?? undefined, ...(expressionAfter === undefined ? [] : textPattern(expressionAfter))];
        }),
      );
    case "BinaryExpression":
      if (node.operator !== "+") return [undefined];
      return joined([...textPattern(node.left), ...textPattern(node.right)]);
    default:
      return [undefined];
  }
}

/** The text, when all of it is known. */
export function knownText(expression: Expression | Node): string | undefined {
  const [text, ...more] = textPattern(expression);
  return more.length === 0 ? text : undefined;
}

/** Known parts that follow each other are one, and empty ones are none. */
function joined(parts: TextPattern): TextPattern {
  const all: (string | undefined)[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part === "") continue;
    if (part !== undefined && all.length > 0 && last !== undefined) all[all.length - 1] = last + part;
    else all.push(part);
  }
  return all.length === 0 ? [""] : all;
}
