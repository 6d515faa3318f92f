import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { checkDefinition } from "../../../src/build/read/definition.ts";
import { isPlainlyFine } from "../../../src/build/read/plain/definition.ts";
import { SourceFile } from "../../../src/build/read/syntax/source-file.ts";

const path = "/plugin/index.ts";
const imported = `import { definePlugin } from "hotswap";\n`;

function plain(code: string): boolean {
  return isPlainlyFine(path, code);
}

const transpiler = new Bun.Transpiler({ loader: "ts" });

/** What the parser finds wrong with a root module; nothing when it is no TypeScript, which the bundler reports. */
function wrong(code: string): readonly string[] {
  const file = new SourceFile(path, code);
  const problems = file.syntaxErrors.length > 0 ? [] : checkDefinition(file).map(({ message }) => message);
  if (problems.length === 0) return [];
  try {
    transpiler.transformSync(code);
    return problems;
  } catch {
    // A name is declared twice, which the parser does not look for.
    return [];
  }
}

/** Members of a definition, right and wrong ones. */
const members = [
  "onLoad() {}",
  "async onInit(vault) { await vault; }",
  "onFree: () => {}",
  "onFree: async () => 1",
  "export: (): Map<string, number> => new Map()",
  "export(): { one: () => number } { return { one: () => 1 } }",
  "export: (): Exported => ({ one })",
  "import: () => deps",
  "import: function () { return deps; }",
  "import: deps",
  "reloadable: () => false",
  "reloadable: false",
  "async reloadable() { return true; }",
  "export: async () => 1",
  "import: async function () {}",
  "*export() {}",
  "async *onLoad() {}",
  "get onLoad() { return 5; }",
  "onload() {}",
  "onLoad: handle",
  "onLoad: value",
  "onLoad: later",
  "onLoad: Kind",
  "export: later",
  "onFree",
  "onFree: undefined",
  "onLoad: (1, 2)",
  "onLoad: (() => 1)()",
  "onLoad: function () {} + 1",
  "onLoad: x => x",
  "onLoad: async x => x",
  "onLoad: class {}",
  "onLoad: `text`",
  "onLoad: 'on' + 'e'",
  "invokeFunc() {}",
  "invokeFunc: (name) => name",
  "functions: {}",
  "functions: { handle }",
  "functions: { handle, value }",
  "functions: { a: 5 }",
  "functions: value",
  "functions: { a() { return '}'; }, b: async () => `${1 + 2}` }",
  "functions: { async() {}, get() {} }",
  "...deps",
  "functions: { a: (b): c => b, d: handle, }",
  "functions: { 'a b': 5 }",
  "functions: { taken }",
  "['onLoad']() {}",
  "onLoad() { return 1 / 2; }",
  "onLoad() { return /}/; }",
  "onLoad() { // }\n }",
  "onLoad() { /* } */ }",
  "functions() {}",
];

/** What may stand before a definition, or behind it. */
const statements = [
  "export function handle() {}",
  "export const value = 5;",
  "export async function later() {}",
  "export class Kind {}",
  'import { deps, taken } from "./deps.ts";',
  'import { type taken } from "./deps.ts";',
  "const deps = {}, taken = 7;",
  "/** A comment with `one` in it. */",
  "/*\nexport function value() {}\n*/",
  "// it's /* one */",
  'const open = "/*";',
  "const text = `\nexport function value() {}\n`;",
  "const tick = '`';",
  "const two = `a ${`b`} c`;",
  "const q = `it's`;",
  "const cut = '\\\nexport function value() {}';",
  "namespace N {\nexport function value() {}\n}",
  "const r = /`/;",
  "let value = 5;",
  "export enum handle { a }",
  'const odd = "\u2028export function value() {}";',
  "const end = `*/`;",
];

const endings = [");", ")", ",);", ") as never;", ").then;", "\n)", ", 5);", ");\nexport const after = `x`;"];

const module = fc
  .record({
    before: fc.subarray(statements),
    definition: fc.array(fc.constantFrom(...members), { maxLength: 3 }),
    ending: fc.oneof({ weight: 3, arbitrary: fc.constant(");") }, fc.constantFrom(...endings)),
    after: fc.subarray(statements, { maxLength: 2 }),
  })
  .map(({ before, definition, ending, after }) =>
    [imported, ...before, `export default definePlugin({ ${definition.join(", ")} }${ending}`, ...after].join("\n"),
  );

describe("2.3 what is taken for fine without a parser is fine for the parser", () => {
  test("of modules put together from right and wrong pieces", () => {
    let taken = 0;
    fc.assert(
      fc.property(module, (code) => {
        if (!plain(code)) return;
        taken++;
        expect(wrong(code)).toEqual([]);
      }),
      { numRuns: 4000 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  test("of a module in which anything was replaced by anything", () => {
    const whole = `${imported}export function handle() {}\nconst value = 5;
export default definePlugin({
  export: (): Exported => ({ one }),
  async onLoad(data) { await data; },
  functions: { handle, other: () => \`\${value}\` },
});\n`;
    expect(plain(whole)).toBe(true);
    const pieces = [
      "",
      ",",
      ":",
      "(",
      ")",
      "{",
      "}",
      "*",
      "`",
      "'",
      '"',
      "\n",
      "/",
      "//",
      "/*",
      "=>",
      "<",
      ">",
      "async ",
    ];
    const words = [
      "value",
      "handle",
      "5",
      "get ",
      "...",
      "function",
      "${",
      "\\",
      "=",
      ".x",
      "()",
      "onLoad",
      "undefined",
    ];
    const edit = fc.tuple(fc.nat(whole.length), fc.nat(8), fc.constantFrom(...pieces, ...words));
    let taken = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 2 }), (edits) => {
        let code = whole;
        for (const [at, length, piece] of edits) code = code.slice(0, at) + piece + code.slice(at + length);
        if (!plain(code)) return;
        taken++;
        expect(wrong(code)).toEqual([]);
      }),
      { numRuns: 6000 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  test("of every member behind every two statements", () => {
    const mistaken = members.flatMap((member) =>
      statements.flatMap((first) =>
        ["", ...statements]
          .map((second) => `${imported}${second}\n${first}\nexport default definePlugin({ ${member} });\n`)
          .filter((code) => plain(code) && wrong(code).length > 0),
      ),
    );
    expect(mistaken).toEqual([]);
  });
});

describe("2.3 no parser is needed", () => {
  test.each([
    "export: (): AlphaExport => ({ one }),",
    "import: () => deps, onLoad(data: number): void {}, async onInit(vault) {}",
    "functions: { handle, async hum(count: number) { return `${count} times`; }, }",
    "/** Says so. */\n  onFree: function () {},\n  // and\n  reloadable: () => true",
  ])("for %s", (definition) => {
    const before = "/** It. */\nexport function handle() {}\n";
    const code = `${imported}${before}\nexport default definePlugin({\n  ${definition}\n});\n`;
    expect(plain(code)).toBe(true);
    expect(wrong(code)).toEqual([]);
  });

  test("except for languages in which text is no code", () => {
    const code = `${imported}export default definePlugin({});\n`;
    expect(["a.ts", "a.mts", "a.tsx", "a.js", "a.mjs", "a.jsx"].filter((file) => isPlainlyFine(file, code))).toEqual([
      "a.ts",
      "a.mts",
    ]);
  });
});
