import { apart, type Cases } from "./case.ts";

/** Every form of an export, taken by names, through a namespace, or both. */
export const exportCases: Cases = {
  "constants, functions, classes and enums by their names": apart(
    {
      "index.ts": `import { a, b, f, g, C, E } from "./lib"; export const result = () => [a, b, f(), [...g()], new C().m(), C.name, E.On, E[1]];`,
      "lib.ts": `export const a = 1, b = [2]; export function f() { return a; } export function* g() { yield b[0]; } export class C { m() { return f(); } } export enum E { Off, On }`,
    },
    [1, [2], 1, [2], 1, "C", 1, "On"],
  ),
  patterns: apart(
    {
      "index.ts": `import { a, b, c, rest, others } from "./lib"; export const result = () => [a, b, c, rest, others];`,
      "lib.ts": `export const { a, deep: [, b = 2], ...rest } = { a: 1, deep: [0], x: 3 }, [c, ...others] = [4, 5, 6];`,
    },
    [1, 2, 4, { x: 3 }, [5, 6]],
  ),
  "a default function without a name": apart(
    {
      "index.ts": `import f from "./lib"; export const result = () => [f(2), typeof f];`,
      "lib.ts": `export default function (n: number) { return n * 2; }`,
    },
    [4, "function"],
  ),
  "a default function with a name, which is used before it stands there": apart(
    {
      "index.ts": `import f, { early } from "./lib"; export const result = () => [f(), f.name, early];`,
      "lib.ts": `export const early = twice(); export default function twice() { return 2; }`,
    },
    [2, "twice", 2],
  ),
  "a default class without a name": apart(
    {
      "index.ts": `import C from "./lib"; export const result = () => new C(3).n;`,
      "lib.ts": `export default class { constructor(readonly n: number) {} }`,
    },
    3,
  ),
  "a default class with a name that refers to itself": apart(
    {
      "index.ts": `import C from "./lib"; export const result = () => [C.create() instanceof C, C.name];`,
      "lib.ts": `export default class Named { static create() { return new Named(); } }`,
    },
    [true, "Named"],
  ),
  "default expressions": apart(
    {
      "index.ts": `import arrow from "./arrow"; import object from "./object"; import number from "./number"; export const result = () => [arrow(1), object.deep.value, number];`,
      "arrow.ts": `export default (n: number) => n + 1;`,
      "object.ts": `const value = 5; export default { deep: { value } };`,
      "number.ts": `export default 6 * 7;`,
    },
    [2, 5, 42],
  ),
  "a default export that has a name of its own, too": apart(
    {
      "index.ts": `import def, { named } from "./lib"; export const result = () => def === named;`,
      "lib.ts": `export const named = {}; export default named;`,
    },
    true,
  ),
  "lists and other names": apart(
    {
      "index.ts": `import { a, beta, default as c, beta as again } from "./lib"; export const result = () => [a, beta, c, again];`,
      "lib.ts": `const a = 1, b = 2, c = 3; export { a, b as beta, c as default };`,
    },
    [1, 2, 3, 2],
  ),
  "names that are strings": apart(
    {
      "index.ts": `import { "a-b" as ab, "" as empty, "with \\"quotes\\"" as quoted } from "./lib"; import * as all from "./lib"; export const result = () => [ab, empty, quoted, Object.keys(all)];`,
      "lib.ts": `const a = 1, b = 2, c = 3; export { a as "a-b", b as "", c as 'with "quotes"' };`,
    },
    [1, 2, 3, ["", "a-b", 'with "quotes"']],
  ),
  "a name that is a star": apart(
    {
      "index.ts": `import { "*" as star } from "./lib"; export const result = () => star;`,
      "lib.ts": `const a = 1; export { a as "*" };`,
    },
    1,
  ),
  "names that every object has": apart(
    {
      "index.ts": `import { __proto__, constructor, toString, hasOwnProperty as has } from "./lib"; import * as all from "./lib"; export const result = () => [__proto__, constructor, toString, has, all.__proto__, all["constructor"]];`,
      "lib.ts": `export const __proto__ = 1, constructor = 2, toString = 3, hasOwnProperty = 4;`,
    },
    [1, 2, 3, 4, 1, 2],
  ),
  "names beyond ASCII": apart(
    {
      "index.ts": `import { größe, 名前, ö as o } from "./lib"; import * as all from "./lib"; export const result = () => [größe, 名前, o, Object.keys(all)];`,
      "lib.ts": `export const größe = 1, 名前 = 2; const ö = 3; export { ö };`,
    },
    [1, 2, 3, ["größe", "ö", "名前"]],
  ),
  "export * of several, one of them through another": apart(
    {
      "index.ts": `import { a, b, c, own } from "./all"; import * as all from "./all"; export const result = () => [a, b, c, own, Object.keys(all)];`,
      "all.ts": `export * from "./a"; export * from "./b"; export const own = 0;`,
      "a.ts": `export const a = 1; export default "not this";`,
      "b.ts": `export * from "./c"; export const b = 2;`,
      "c.ts": `export const c = 3;`,
    },
    [1, 2, 3, 0, ["a", "b", "c", "own"]],
  ),
  "export * with a name that the module has itself": apart(
    {
      "index.ts": `import { a } from "./all"; import * as all from "./all"; export const result = () => [a, all.a];`,
      "all.ts": `export * from "./a"; export const a = "own";`,
      "a.ts": `export const a = "other";`,
    },
    ["own", "own"],
  ),
  "export * of two modules that share a name, which nobody takes": apart(
    {
      "index.ts": `import { b } from "./all"; export const result = () => b;`,
      "all.ts": `export * from "./a"; export * from "./b";`,
      "a.ts": `export const a = 1;`,
      "b.ts": `export const a = 2, b = 3;`,
    },
    3,
  ),
  "export * of one module by two ways": apart(
    {
      "index.ts": `import { c } from "./all"; export const result = () => c;`,
      "all.ts": `export * from "./a"; export * from "./b";`,
      "a.ts": `export * from "./c";`,
      "b.ts": `export { c } from "./c";`,
      "c.ts": `export const c = 3;`,
    },
    3,
  ),
  "export * of the root module": apart(
    {
      "index.ts": `export * from "./lib"; export const result = async () => Object.keys(await import("./index")).toSorted();`,
      "lib.ts": `export const lib = 1; export default 2;`,
    },
    ["default", "lib", "result"],
  ),
  "export * as": apart(
    {
      "index.ts": `import { lib } from "./all"; export const result = () => [lib.a, lib.default, Object.keys(lib)];`,
      "all.ts": `export * as lib from "./lib";`,
      "lib.ts": `export const a = 1; export default 2;`,
    },
    [1, 2, ["a", "default"]],
  ),
  "what another module exports, by other names": apart(
    {
      "index.ts": `import { one, two, three, default as four } from "./all"; export const result = () => [one, two, three, four];`,
      "all.ts": `export { a as one, default as two } from "./lib"; import { b } from "./lib"; export { b as three }; export { c as default } from "./lib";`,
      "lib.ts": `export const a = 1, b = 3, c = 4; export default 2;`,
    },
    [1, 2, 3, 4],
  ),
  "an import that is exported and used": apart(
    {
      "index.ts": `import { a, sum } from "./all"; export const result = () => [a, sum];`,
      "all.ts": `import { a } from "./lib"; export { a }; export const sum = a + 1;`,
      "lib.ts": `export const a = 1;`,
    },
    [1, 2],
  ),
  "a namespace that is exported": apart(
    {
      "index.ts": `import { ns } from "./all"; export const result = () => ns.a;`,
      "all.ts": `import * as ns from "./lib"; export { ns };`,
      "lib.ts": `export const a = 1;`,
    },
    1,
  ),
  "what is exported and changes later, seen through a namespace": apart(
    {
      "index.ts": `import * as lib from "./lib"; export const result = () => { const seen = [lib.count]; lib.next(); return [...seen, lib.count, "count" in lib]; };`,
      "lib.ts": `export let count = 1; export const next = () => { count++; };`,
    },
    [1, 2, true],
  ),
  "what is exported and changes later, seen through a namespace and export *": apart(
    {
      "index.ts": `import * as all from "./all"; export const result = () => { const seen = [all.count]; all.next(); return [...seen, all.count]; };`,
      "all.ts": `export * from "./lib";`,
      "lib.ts": `export let count = 1; export const next = () => { count++; };`,
    },
    [1, 2],
  ),
  "what is exported and changes later, taken by its name": apart(
    {
      "index.ts": `import { count, next } from "./lib"; export const result = () => { next(); return count; };`,
      "lib.ts": `export let count = 1; export const next = () => { count++; };`,
    },
    2,
  ),
  "what changes later, taken by its name through export *": apart(
    {
      "index.ts": `import { count, next } from "./all"; export const result = () => { next(); return count; };`,
      "all.ts": `export * from "./lib";`,
      "lib.ts": `export let count = 1; export const next = () => { count++; };`,
    },
    2,
  ),
  "what changes later, exported again by its name": apart(
    {
      "index.ts": `import * as all from "./all"; export const result = () => { all.next(); return all.count; };`,
      "all.ts": `export { count, next } from "./lib";`,
      "lib.ts": `export let count = 1; export const next = () => { count++; };`,
    },
    2,
  ),
  "what changes later, through export * of a module that is named by an alias": apart(
    {
      "../../tsconfig.json": `{ "compilerOptions": { "paths": { "@/*": ["./plugin/alpha/*"] } } }`,
      "index.ts": `import { count, next } from "./all"; export const result = () => { next(); return count; };`,
      "all.ts": `export * from "@/lib";`,
      "lib.ts": `export let count = 1; export const next = () => { count++; };`,
    },
    2,
  ),
  "a default export that changes later": apart(
    {
      "index.ts": `import count, { next } from "./lib"; export const result = () => { next(); return count; };`,
      "lib.ts": `let count = 1; export { count as default }; export const next = () => { count++; };`,
    },
    2,
  ),
  "a function and a class that are assigned to": apart(
    {
      "index.ts": `import { f, C, swap } from "./lib.js"; export const result = () => { swap(); return [f(), new C().n]; };`,
      "lib.js": `export function f() { return 1; } export class C { n = 1; } export const swap = () => { f = () => 2; C = class { n = 2; }; };`,
    },
    [2, 2],
  ),
  "a function whose name other things have, too, that are assigned to": apart(
    {
      "index.ts": `import { parse, Parser } from "./lib"; export const result = () => [parse(), new Parser().parse(), Parser.other({})];`,
      "lib.ts": `export function parse(value = 1) { return value; } export class Parser { parse = () => 2; static other({ parse = 3 }: { parse?: number }) { return parse; } }`,
    },
    [1, 2, 3],
  ),
  "a default function that is assigned to": apart(
    {
      "index.ts": `import f, { swap } from "./lib.js"; export const result = () => { swap(); return f(); };`,
      "lib.js": `export default function f() { return 1; } export const swap = () => { f = () => 2; };`,
    },
    2,
  ),
};
