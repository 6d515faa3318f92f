import { apart, type Cases } from "./case.ts";

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
  "NODE_ENV, which is what it is when the plugin runs": apart(
    { "index.ts": `export const result = () => process.env.NODE_ENV;` },
    process.env["NODE_ENV"],
  ),
};
