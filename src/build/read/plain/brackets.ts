import { template } from "./lines.ts";

/** A token, or brackets with what stands between them. */
export interface Token {
  /** As it is written; `()`, `[]` or `{}` for brackets. */
  readonly text: string;
  readonly isName: boolean;
  /** Of brackets. */
  readonly inside: readonly Token[];
}

/** Blanks and whole line comments; then a name, or a number, a string or template without escapes, an arrow, one of the other signs. */
const token = new RegExp(
  String.raw`(?:\s|\/\/[^\n]*(?:\n|$))*(?:([A-Za-z_$][\w$]*)|(\d[\w.]*|"[^"\\\n]*"|'[^'\\\n]*'|${template}|=>|[()[\]{},:;.=<>!?+\-*&|%^~#]))`,
  "y",
);

const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * Reads at most `count` tokens of TypeScript from `start`; brackets are one, and a closing one that was not opened is one,
 * too. Ends early at what is not certain without knowing the grammar: a slash, a template in a template, an escape sequence.
 */
export function readBrackets(text: string, start: number, count: number): Token[] {
  const top: Token[] = [];
  const open: { readonly bracket: string; readonly tokens: Token[] }[] = [];
  token.lastIndex = start;
  while (top.length < count) {
    const match = token.exec(text);
    if (match === null) break;
    const [, name, other = ""] = match;
    const sign = name ?? other;
    const innermost = open.at(-1);
    const tokens = innermost?.tokens ?? top;
    if (sign in closing) {
      open.push({ bracket: sign, tokens: [] });
    } else if (innermost !== undefined && /^[)\]}]$/.test(sign)) {
      if (closing[innermost.bracket] !== sign) break;
      open.pop();
      const around = open.at(-1)?.tokens ?? top;
      around.push({ text: innermost.bracket + sign, isName: false, inside: innermost.tokens });
    } else {
      tokens.push({ text: sign, isName: name !== undefined, inside: [] });
    }
  }
  return top;
}
