/**
 * TypeScript whose types can be left out: modules that import nothing and export `result`. A part of them is code that
 * would mean something else if nothing but blanks came in the place of types.
 */
export const erasableModules: Readonly<Record<string, string>> = {
  "annotations of variables, parameters and results": `
    let a: number = 1, { b }: { b: string } = { b: "b" }, [c]: readonly [boolean] = [true];
    let later!: number; later = 4;
    function f(x: number, y?: string, ...rest: (number | string)[]): [number, string?, ...unknown[]] { return [x, y, ...rest]; }
    const g = function (x: unknown = 1): asserts x {};
    const h = ({ p }: { p: number }, [q]: number[] = [2]): number => p + q;
    try { throw 7; } catch (error: unknown) { later += error as number; }
    for (const i of [1] as number[]) later += i;
    for (const key in { k: 1 } as object) later += key.length;
    export const result = [a, b, c, later, f(1, "y", 2), g(1), h({ p: 1 })];`,
  "type parameters and arguments": `
    function id<T extends object = {}>(value: T): T { return value; }
    const arrow = <T,>(value: T) => value, constant = <const T>(value: T) => value, later = async <T>(value: T): Promise<T> => value;
    class Box<out T> extends Array<T> { get<U>(this: Box<T>, value: U): U { return value; } }
    const made = new Map<string, Array<number>>(), tag = String.raw<[]>\`t\${1}\`, instance = id<{}>;
    export const result = [id<{ a: 1 }>({ a: 1 }), arrow<number>(2), constant(3), later.length, new Box<number>().get<string>("4"), made.size, tag, instance({ b: 5 }), id?.<object>({ c: 6 })];`,
  assertions: `
    const o: { n?: { m(): number } } = { n: { m: () => 1 } };
    let v = o.n!.m() as unknown as number satisfies number; v!++; (v as number) = v! + 1; (v as any) += 1; [v as any] = [v + 1];
    const list = [1, 2] as const satisfies readonly number[], old = <number>list[0], text = \`\${v as number}\`;
    export const result = [v, list, old, text, o?.n!.m(), (o as any).n!["m"](), typeof (v as any), v as number < 9 as unknown, !(v as any)];`,
  "interfaces, aliases and declarations": `
    interface A { a: string } type B<T> = T extends (infer U)[] ? U : never
    declare const gone: A; declare let also: number, too: string
    declare function nothing(): void
    declare class Nothing { a: B<1[]> } declare enum E { A } declare namespace N { const a: number }
    declare module "other" { export const a: number } declare global { interface Array<T> { extra: T } }
    namespace Types { export type T = 1; interface I {} }
    abstract class C { abstract a: number; abstract b(): void; protected abstract get c(): number; d = 1 }
    export type { A }; export interface Exported { a: Types.T } export type Alias = B<1[]>; export declare const absent: number; export declare function missing(): void;
    export const result = [typeof gone, typeof C, Object.keys(new (class extends C { a = 2; b() {} get c() { return 1 } })())];`,
  "overloads of functions and methods": `
    export function over(a: string): string; export function over(a: number): number
    export function over(a: unknown): unknown { return a }
    function inner(): void
    function inner(a?: number) { return a }
    class M { m(): void; m(a?: number): number; m(a = 1) { return a } constructor(); constructor(a?: 1) { void a } static s(): 1
      static s() { return 2 } }
    export default function other(): void; export default function other() { return inner() }
    export const result = [over(1), new M().m(), M.s(), other()];`,
  "members of classes and their modifiers": `
    interface I { a: number } interface J<T> { b: T }
    class K<T> implements I, J<T> { public a: number = 1; private static readonly s?: string = "s"; protected b!: T; readonly #p: number = 3; declare d: string;
      [key: string]: unknown; static [key: symbol]: unknown
      optional?(): void; method?<U>(a?: U): U; public static async *gen(): AsyncGenerator<number> { yield 1 } private get x(): number { return this.#p } protected set x(v: number) {} static { K.s }
      public constructor(a?: T) {} ["computed"]?: number = 5; readonly "quoted"!: 1; override toString(): string { return "k" } readonly = 6; static accessor?: 1; declare = 7 }
    const anonymous = class<T> extends K<T> implements I {};
    export const result = [Object.keys(new K()), Object.getOwnPropertyNames(K.prototype), Object.getOwnPropertyNames(K), new K().x, String(new anonymous())];`,
  "a parameter for this": `
    function only(this: { n: number }) { return this.n } function first(this: { n: number }, add: number, more = 1) { return this.n + add + more }
    function trailing(this: { n: number },) { return this.n }
    export const result = [only.call({ n: 1 }), first.call({ n: 1 }, 2), trailing.call({ n: 3 }), only.length, first.length];`,
  "an arrow behind a result that takes several lines": `
    const one = (a: number): {
      n: number
    } => ({ n: a }), two = async (
      a: number, // why
    ): Promise<
      number
    > => a, three = (): number /* :) */ => 3;
    const four = <
      T,
    >(a: T) => a, five = () => { return <
      T
    >(a: T) => a };
    export const result = [one(1), two.length, three(), four(4), five()(5)];`,
  "a parenthesis behind a type at the end of a line": `
    const seen: unknown[] = []; const call = (...args: unknown[]) => { seen.push(args); return call }
    const a = call as unknown
    (seen.push("a"))
    const b = [1] as unknown as number[]
    [0].forEach((n) => seen.push(n))
    let c = seen satisfies unknown[]
    \`text\`.length
    interface I {}
    (seen.push("b"))
    const d = call
    type T = number
    (seen.push("c"))
    const e = call
    declare const gone: number
    [1].map((n) => seen.push(n))
    const f = call
    export type U = number
    ;(seen.push("d"))
    function over(): void
    function over() { return call }
    switch (1) { case 1: const g = call as unknown
      (seen.push("e")) }
    const h = () => call as unknown
    (seen.push("f"))
    { type V = 1
      (seen.push("g")) }
    export const result = seen`,
  "members behind a field without a semicolon": `
    const key = "k"; const list = { k: 1, "1": 2 }
    class A { a = list as any
      ["k"] = 3
      b = list
      private ["m"]() { return 4 }
      c = list
      declare d: number
      [key] = 5
      e = 2
      abstract: number
      declare gone: 1
      *gen() {}
      f?: string
      ["g"]: number
      h = 3
      i(): void
      i() {}
      readonly j = 1
      public static k = 2 }
    export const result = [Object.entries(new A()), Object.getOwnPropertyNames(A.prototype), Object.keys(A)];`,
  "nothing but types": `export interface A { a: 1 } export type B = A; declare const c: B; export {}; export const result = 1;`,
  "comments and texts that look like types": `
    const a = "x as number", b = \`\${"y: string"} <T>\`, c = /: number/.source; // const d: number = 1 as any
    /* interface E {} */ const f /* : string */ : number /* ? */ = /* as */ 1 /* ! */!;
    class G { /* private */ public /* readonly */ g /* ? */ ? /* : */ : /* any */ number = 1; }
    export const result = [a, b, c, f, new G().g];`,
  "names that are words of types": `
    const type = 1, as = 2, satisfies = 3, is = 4, of = 5, declare = { abstract: 6 }, namespace = 7, module = 8, global = 9, readonly = 10; let async = 11;
    const interfaces = { type, as, satisfies, public: 1, private: 2, readonly() { return 3 }, get declare() { return 4 } };
    type
    ;declare
    async as number
    export const result = [type, as, satisfies, is, of, declare.abstract, namespace, module, global, readonly, async, interfaces.readonly(), interfaces.declare];`,
  "letters beyond ASCII before types": `
    const größe: number = 1, 名前: string = "ü", emoji: string = "😀" as string, after: number = 2 as number; export { größe as "ein Name" };
    export const result = [größe, 名前, emoji, after];`,
  "exports of every form": `
    let a = 1; const b = 2, type = 3; interface T {} export { a, b as c, type, type T, b as default }
    export const { d, e: [f, ...g], ...h } = { d: 1, e: [2, 3, 4], i: 5 }, j: number = 6; export let k: number | undefined
    export async function* l() {} export class M<T> { n!: T } export abstract class O { abstract p(): void }
    export const result = [a, b, d, f, g, h, j, k, typeof l, typeof M, typeof O]`,
  "a default export that is an expression": `
    export default ((): number => 1)
    type T = 1
    export const result = 1`,
  "a default export that is a function without a name": `export const result = 1; export default async function* <T>(a: T): AsyncGenerator<T> { yield a }`,
  "a default export that is a class without a name": `export const result = 1; export default class<T> extends Array<T> { n: number = 1 }`,
  "import() and import.meta": `
    export const later = () => [import("./a.ts"), import('./b'), import(\`./c\`) as Promise<typeof import("./d")>], meta: ImportMeta = import.meta, main = import.meta.main;
    type Loaded = typeof import("./e"); export const result = [typeof later, typeof meta, main]`,
  "resources that are given back": `
    const seen: string[] = []; { using a: Disposable = { [Symbol.dispose]() { seen.push("a") } }; seen.push(typeof a) }
    export const result = seen`,
};

/** Modules with imports, of which the compiled modules say the same. */
export const importingModules: Readonly<Record<string, string>> = {
  "of types and values": `
    import type { A } from "./a"; import { type B, b } from "./b"; import C, { type D } from "./c"; import type * as E from "./e"; import type F from "./f";
    import G, { h as i, J, type K as L, } from "./g"; import * as M from "./m"; import N, * as O from "./n"; import "./p"; import {} from "./q"; import { type R } from "./r";
    export const result: [A, B, D, E.T, F, J, L, typeof O.x, R] | unknown = [b, C, G, i, M.x, N];`,
  "of what is not used, or only by types": `
    import { a } from "./a"; import B from "./b"; import * as C from "./c"; import { d, e } from "./d"; import F, * as G from "./f"; import H, { i } from "./h"
    class J implements B { d = d } const o = { a: 1 }; export const result: typeof a | C.T = [J, o.a, G, i]`,
  "that are exported again": `
    import { a, b as c } from "./a"; import D, * as E from "./d"; import type { T } from "./t"; import { type U } from "./u";
    export { a, c as "c c", D as default, E, T, type U }; export { f, g as h, default as i, type V, "j k" as l } from "./f"; export * from "./m"; export * as n from "./n"; export type * from "./o"; export { type W } from "./w"; export type { X } from "./x"; export {} from "./y"; export const result = 1;`,
  "without semicolons": `
    const a = String
    import { b } from "./b"
    (b)
    export { c } from "./c"
    [1].length
    export * from "./d"
    \`e\`.length
    export const result = a`,
};
