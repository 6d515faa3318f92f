import { apart, bundled, type Cases } from "./case.ts";

const seen = `export const seen: string[] = [];`;
const step = (name: string, ...imports: string[]): string =>
  `import { seen } from "./seen"; ${imports.map((path) => `import "./${path}";`).join(" ")} seen.push("${name}"); export const ${name} = "${name}";`;

/** When what is evaluated, and what only the bundler can put in order. */
export const evaluationCases: Cases = {
  "each module once, behind those that it imports": apart(
    {
      "index.ts": `import { seen } from "./seen"; import "./left"; import "./right"; seen.push("root"); export const result = () => seen;`,
      "seen.ts": seen,
      "left.ts": step("left", "base"),
      "right.ts": step("right", "base"),
      "base.ts": step("base"),
    },
    ["base", "left", "right", "root"],
  ),
  "imports before the code that stands above them": apart(
    {
      "index.ts": `seen.push("root"); import "./a"; import { seen } from "./seen"; export const result = () => seen;`,
      "seen.ts": seen,
      "a.ts": step("a"),
    },
    ["a", "root"],
  ),
  "imports and exports of other modules in the order in which they stand": apart(
    {
      "index.ts": `export * from "./a"; import "./b"; export { c } from "./c"; import * as d from "./d"; export * as e from "./e"; import { f } from "./f"; import { seen } from "./seen"; export const result = () => [seen, d.d, f];`,
      "seen.ts": seen,
      ...Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((name) => [`${name}.ts`, step(name)])),
    },
    [["a", "b", "c", "d", "e", "f"], "d", "f"],
  ),
  "modules without exports, and without code": apart(
    {
      "index.ts": `import "./empty"; import "./types"; import { seen } from "./a"; export const result = () => seen;`,
      "empty.ts": ``,
      "types.ts": `export interface Nothing {}`,
      "a.ts": `export const seen = 1;`,
    },
    1,
  ),
  "live things of modules that nobody imports, behind the root module": apart(
    {
      "index.ts": `import { seen } from "./seen"; seen.push("root"); export const result = () => seen;`,
      "seen.ts": seen,
      "jobs/one.ts": `import { seen } from "../seen"; seen.push("one"); export function live_one() { return 1; }`,
      "jobs/two.ts": `import { seen } from "../seen"; seen.push("two"); export class Live_Two {} export const live_two = () => 2;`,
    },
    ["root", "two", "one"],
  ),
  "modules that import each other": bundled(
    {
      "index.ts": `import { even } from "./even"; export const result = () => [even(4), even(3)];`,
      "even.ts": `import { odd } from "./odd"; export const even = (n: number): boolean => n === 0 || odd(n - 1);`,
      "odd.ts": `import { even } from "./even"; export const odd = (n: number): boolean => n !== 0 && even(n - 1);`,
    },
    [true, false],
  ),
  "a module that imports itself": bundled(
    { "index.ts": `import * as self from "./index"; export const mark = 1; export const result = () => self.mark;` },
    1,
  ),
  "modules that await something while they are evaluated": bundled(
    {
      "index.ts": `import { late } from "./late"; export const result = () => late;`,
      "late.ts": `export const late = await Promise.resolve(1);`,
    },
    1,
  ),
  "for await at the top level": bundled(
    {
      "index.ts": `const seen: number[] = []; for await (const n of [1, 2]) seen.push(n); export const result = () => seen;`,
    },
    [1, 2],
  ),
  "await within functions": apart(
    {
      "index.ts": `const wait = async () => { await 0; for await (const n of [1]) return n; }; class C { async m() { return await wait(); } static async *g() { yield await 2; } } export const result = async () => [await new C().m(), (await C.g().next()).value];`,
    },
    [1, 2],
  ),
  "using at the top level": apart(
    {
      "index.ts": `import { seen } from "./lib"; export const result = () => seen;`,
      "lib.ts": `export const seen: string[] = []; { using a = { [Symbol.dispose]: () => void seen.push("a") }; seen.push("block"); } seen.push("end");`,
    },
    ["block", "a", "end"],
  ),
  "strict mode": apart(
    {
      "index.ts": `function strict(this: unknown) { return this === undefined; } export const result = () => strict();`,
    },
    true,
  ),
  "names that the sections themselves use": bundled(
    {
      "index.ts": `import { a } from "./lib"; export const result = () => a;`,
      "lib.ts": `const __plugin__ = 1, __meta__ = 2, __import0__ = 3; export const a = [__plugin__, __meta__, __import0__];`,
    },
    [1, 2, 3],
  ),
  "the words of CommonJS in texts and comments": apart(
    { "index.ts": `export const result = () => "require('a') and module.exports and exports.b";` },
    "require('a') and module.exports and exports.b",
  ),
};

/** What Bun makes of the source. */
export const languageCases: Cases = {
  "enums that merge and refer to each other, constant ones as well": apart(
    {
      "index.ts": `import { Color, Size, Flag, Level } from "./enums"; export const result = () => [Color.Red, Color[1], Size.Large, Flag.Both, Level.High];`,
      "enums.ts": `export enum Color { Red, Green } export enum Size { Large = "L" } export enum Flag { A = 1 << 0, B = 1 << 1, Both = A | B } export const enum Level { High = 9 }`,
    },
    [0, "Green", "L", 3, 9],
  ),
  namespaces: apart(
    {
      "index.ts": `import { N, f } from "./lib"; export const result = () => [N.a, N.Deep.b(), f.extra, f()];`,
      "lib.ts": `export namespace N { export const a = 1; export namespace Deep { export const b = () => a + 1; } } export function f() { return 3; } export namespace f { export const extra = 4; }`,
    },
    [1, 2, 4, 3],
  ),
  "parameter properties, private and static members, accessors": apart(
    {
      "index.ts": `import { P } from "./lib"; export const result = () => { const p = new P(1, 2); return [p.sum(), P.made, p.value, Object.keys(p)]; };`,
      "lib.ts": `export class P { static made = 0; static { P.made = 10; } #hidden = 5; constructor(readonly a: number, private b: number) { P.made++; } sum() { return this.a + this.b + this.#hidden; } get value() { return this.#hidden; } accessor x = 1; declare y: string; }`,
    },
    [8, 11, 5, ["a", "b"]],
  ),
  "decorators of the standard": apart(
    {
      "index.ts": `import { C, seen } from "./lib"; export const result = () => [new C().m(2), seen];`,
      "lib.ts": `export const seen: string[] = []; function twice(method: (n: number) => number, { name, kind }: ClassMethodDecoratorContext) { seen.push(kind + " " + String(name)); return function (this: unknown, n: number) { return method.call(this, n) * 2; }; } export class C { @twice m(n: number) { return n + 1; } }`,
    },
    [6, ["method m"]],
  ),
  "decorators of TypeScript's own, as tsconfig.json asks for them": apart(
    {
      "../../tsconfig.json": `{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true } }`,
      "index.ts": `import { C, seen } from "./lib"; export const result = () => [new C().m(), seen];`,
      "lib.ts": `import { Service } from "./service"; export const seen: unknown[] = []; const note = (_: object, name: string, third: unknown) => { seen.push(name, typeof third, typeof Service); }; export class C { @note m() { return 1; } }`,
      "service.ts": `export class Service {}`,
    },
    [1, ["m", "object", "function"]],
  ),
  "JSX with the functions that a comment names": apart(
    {
      "index.ts": `import { view } from "./view"; export const result = () => view("a");`,
      "view.tsx": `/** @jsxRuntime classic */\n/** @jsx h */\nconst h = (tag: string, props: object | null, ...children: unknown[]) => [tag, props, children]; export const view = (name: string) => <p class="x">{name}!</p>;`,
    },
    ["p", { class: "x" }, ["a", "!"]],
  ),
  "JSX with the package that tsconfig.json names": apart(
    {
      "../../tsconfig.json": `{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "tiny" } }`,
      "../../node_modules/tiny/package.json": `{ "name": "tiny", "type": "module", "exports": { "./jsx-runtime": "./jsx.js" } }`,
      "../../node_modules/tiny/jsx.js": `export const jsx = (tag, props) => [tag, props]; export const jsxs = jsx; export const Fragment = "fragment";`,
      "index.ts": `import { view } from "./view"; export const result = () => view("a");`,
      "view.tsx": `export const view = (name: string) => <><p class="x">{name}</p><b>{name}!</b></>;`,
    },
    [
      "fragment",
      {
        children: [
          ["p", { class: "x", children: "a" }],
          ["b", { children: ["a", "!"] }],
        ],
      },
    ],
  ),
  "type assertions, satisfies, overloads, generics and abstract classes": apart(
    {
      "index.ts": `import { pick, Shape, Dot } from "./lib"; const n = pick({ a: 1 }, "a") as number; export const result = () => [n!, <number>n, new Dot() instanceof Shape, new Dot().area()];`,
      "lib.ts": `export function pick<T, K extends keyof T>(value: T, key: K): T[K]; export function pick(value: any, key: string): unknown; export function pick(value: any, key: any) { return value[key]; } export abstract class Shape { abstract area(): number; } export class Dot extends Shape { override area() { return 0; } } const list = [1, 2] as const satisfies readonly number[]; void list;`,
    },
    [1, 1, true, 0],
  ),
  "texts, patterns and numbers of every kind": apart(
    {
      "index.ts": `import { all } from "./lib"; export const result = () => all;`,
      "lib.ts":
        "let a = 1; const tag = (parts: TemplateStringsArray, ...values: unknown[]) => [parts.raw[0], values];\nexport const all = [`line\nbreak \u2028 ${1 + 1}`, tag`a\\n${1}`, /a\\/[/]b/u.source, 1_000, 0b11, \"\\u2029 ü\", '\\'\"', 2n ** 64n, -(-1), a++ + +a, a-- - --a];",
    },
    ["line\nbreak \u2028 2", ["a\\n", [1]], "a\\/[/]b", 1000, 3, "\u2029 ü", `'"`, 2n ** 64n, 1, 3, 2],
  ),
  "--define and --drop": apart(
    {
      "index.ts": `import { mark } from "./lib"; declare const LEVEL: number; console.assert(false, "dropped"); export const result = () => [mark, LEVEL];`,
      "lib.ts": `declare const MARK: string; export const mark = MARK;`,
    },
    ["v2", 3],
    { buildFlags: ["--define", `MARK="v2"`, "--define", "LEVEL=3", "--drop=console"] },
  ),
  "--minify": bundled(
    {
      "index.ts": `import { mark } from "./lib"; export const result = () => mark;`,
      "lib.ts": `export const mark = 1;`,
    },
    1,
    { buildFlags: ["--minify"] },
  ),
  "NODE_ENV, which is what it is when the plugin runs": apart(
    { "index.ts": `export const result = () => process.env.NODE_ENV;` },
    process.env["NODE_ENV"],
  ),
};

/** How files may be called, and where they may lie. */
export const fileCases: Cases = {
  "names with blanks, signs and characters beyond ASCII": apart(
    {
      "index.ts": `import { a } from "./with blank"; import { b } from "./größe/名前"; import { c } from "./a+b,c@d"; import { d } from "./[id]/(group)"; import { e } from "./quote'd"; export const result = async () => [a, b, c, d, e, (await import("./größe/名前")).b, (await import("./with blank")).a];`,
      "with blank.ts": `export const a = 1;`,
      "größe/名前.ts": `export const b = 2;`,
      "a+b,c@d.ts": `export const c = 3;`,
      "[id]/(group).ts": `export const d = 4;`,
      "quote'd.ts": `export const e = 5;`,
    },
    [1, 2, 3, 4, 5, 2, 1],
  ),
  "names that every object has": apart(
    {
      "index.ts": `import { a } from "./__proto__"; import { b } from "./constructor"; export const result = async () => [a, b, (await import("./__proto__")).a];`,
      "__proto__.ts": `export const a = 1;`,
      "constructor.ts": `export const b = 2;`,
    },
    [1, 2, 1],
  ),
  "two files that differ only in their endings": apart(
    {
      "index.ts": `import { ts } from "./a.ts"; import { js } from "./a.js"; import { mjs } from "./a.mjs"; export const result = () => [ts, js, mjs];`,
      "a.ts": `export const ts = 1;`,
      "a.js": `export const js = 2;`,
      "a.mjs": `export const mjs = 3;`,
    },
    [1, 2, 3],
  ),
  "a .js that is the .ts": apart(
    { "index.ts": `import { a } from "./lib.js"; export const result = () => a;`, "lib.ts": `export const a = 1;` },
    1,
  ),
  "every ending of code": apart(
    {
      "index.ts": `import { a } from "./a.tsx"; import { b } from "./b.mts"; import { c } from "./c.js"; import { d } from "./d.mjs"; import { e } from "./e.jsx"; import { g } from "./folder"; export const result = () => [a, b, c, d, e, g];`,
      "a.tsx": `export const a = 1;`,
      "b.mts": `export const b = 2;`,
      "c.js": `export const c = 3;`,
      "d.mjs": `export const d = 4;`,
      "e.jsx": `export const e = 5;`,
      "folder/index.ts": `export const g = 6;`,
    },
    [1, 2, 3, 4, 5, 6],
  ),
  "several folders deep, with .. between them": apart(
    {
      "index.ts": `import { a } from "./x/y/z/a"; export const result = () => a;`,
      "x/y/z/a.ts": `import { b } from "../../b"; export const a = b + 1;`,
      "x/b.ts": `import { c } from "../c"; export const b = c + 1;`,
      "c.ts": `export const c = 1;`,
    },
    3,
  ),
  "files that are left out of the search for live things": apart(
    {
      "index.ts": `import { a } from "./__tests__/fixture"; import { b } from "./b.test"; import { c } from "./.hidden"; export const result = () => [a, b, c];`,
      "__tests__/fixture.ts": `export const a = 1;`,
      "b.test.ts": `export const b = 2;`,
      ".hidden.ts": `export const c = 3;`,
    },
    [1, 2, 3],
  ),
  "line ends of Windows, and a byte order mark": apart(
    {
      "index.ts": `\uFEFFimport { a } from "./lib";\r\nexport const result = () => a;\r\n`,
      "lib.ts": `\uFEFF// first\r\nexport const a = \`x\r\ny\`;\r\n`,
    },
    "x\ny",
  ),
  "a first line for the shell": apart(
    {
      "index.ts": `#!/usr/bin/env bun\nimport { a } from "./lib"; export const result = () => a;`,
      "lib.ts": `#!/usr/bin/env bun\nexport const a = 1;`,
    },
    1,
  ),
  "comments that stay": apart(
    {
      "index.ts": `/*! licence <!-- --> */\nimport { a } from "./lib"; export const result = () => a;`,
      "lib.ts": `/** @license */ export const a = 1; // @preserve\n/*! end */`,
    },
    1,
  ),
};
