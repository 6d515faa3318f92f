import { hooks, isHookName } from "../../../plugin/hooks.ts";
import { synchronousHooks } from "../definition.ts";
import { readBrackets, type Token } from "./brackets.ts";
import { exportedFunctions, plainLines } from "./lines.ts";

/*
 * Loading the parser takes longer than bundling a small plugin, and parsing a root module with many imports takes a
 * tenth of its bundling. Most definitions are written so that they can be seen to be right without a syntax tree. This
 * code only proves that; everything that is written in another way goes to the parser.
 */

const IMPORT = /\nimport\s*\{([^}'"/]*)\}\s*from\s*["']hotswap["']/;
const DEFINITION = "\nexport default definePlugin(";

/** The text shows by itself that `checkDefinition` would find nothing wrong; `false` tells nothing. */
export function isPlainlyFine(path: string, text: string): boolean {
  const lines = /\.m?ts$/.test(path) ? plainLines(text) : undefined;
  const start = lines?.indexOf(DEFINITION) ?? -1;
  if (lines === undefined || start === -1) return false;
  const imported = (IMPORT.exec(lines)?.[1] ?? "").split(",").map((name) => name.trim());
  if (!imported.includes("definePlugin")) return false;
  // After the object: what follows the semicolon does not belong to the definition.
  const [open, comma, close, end] = readBrackets(lines, start + DEFINITION.length, 4);
  const followed = comma?.text === "," ? [close, end] : [comma, close];
  if (open?.text !== "{}" || followed[0]?.text !== ")" || followed[1]?.text !== ";") return false;
  return areFine(open.inside, exportedFunctions(lines));
}

function areFine(definition: readonly Token[], exported: ReadonlySet<string>): boolean {
  const seen = new Set<string>();
  const fine = members(definition).every((tokens) => {
    const member = readMember(tokens);
    if (member === undefined || seen.has(member.name) || !isHookName(member.name)) return false;
    seen.add(member.name);
    if (hooks[member.name] === "table") {
      const [table, ...rest] = member.value;
      return table?.text === "{}" && rest.length === 0 && isFineTable(table.inside, exported);
    }
    return isFunction(member, exported, synchronousHooks.has(member.name));
  });
  return fine && !(seen.has("functions") && seen.has("invokeFunc"));
}

function isFineTable(table: readonly Token[], exported: ReadonlySet<string>): boolean {
  return members(table).every((tokens) => {
    const member = readMember(tokens);
    return member !== undefined && isFunction(member, exported, false);
  });
}

/** What stands between the commas of an object; nothing for a comma at its end. */
function members(tokens: readonly Token[]): Token[][] {
  const found: Token[][] = [[]];
  for (const token of tokens) {
    if (token.text === ",") found.push([]);
    else found.at(-1)?.push(token);
  }
  if (found.at(-1)?.length === 0) found.pop();
  return found;
}

interface Member {
  readonly name: string;
  readonly kind: "method" | "value";
  readonly async: boolean;
  /** Of a value without `async`. */
  readonly value: readonly Token[];
}

/** `name() {}`, `async name() {}`, `name: value`, `name: async value` or `name`; `undefined` for everything else. */
function readMember(tokens: readonly Token[]): Member | undefined {
  const [first, second, third] = tokens;
  if (first?.isName !== true) return undefined;
  const { text: name } = first;
  if (second === undefined) return { name, kind: "value", async: false, value: tokens };
  if (second.text === "()") return { name, kind: "method", async: false, value: [] };
  if (name === "async" && second.isName && third?.text === "()") {
    return { name: second.text, kind: "method", async: true, value: [] };
  }
  if (second.text !== ":") return undefined;
  const isAsync = third?.text === "async" && tokens.length > 3;
  return { name, kind: "value", async: isAsync, value: tokens.slice(isAsync ? 3 : 2) };
}

function isFunction(member: Member, exported: ReadonlySet<string>, mustBeSynchronous: boolean): boolean {
  if (member.async && mustBeSynchronous) return false;
  if (member.kind === "method") return true;
  const [first, second, third, ...rest] = member.value;
  if (first === undefined) return false;
  if (second === undefined) return !member.async && first.isName && exported.has(first.text);
  // An arrow function; in an object, a colon after parentheses begins the type of what it returns.
  if (first.text === "()") return second.text === "=>" || second.text === ":";
  if (first.text !== "function") return first.isName && second.text === "=>";
  if (second.text === "()") return third?.text === "{}" && rest.length === 0;
  return second.isName && third?.text === "()" && rest.length === 1 && rest[0]?.text === "{}";
}
