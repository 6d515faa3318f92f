import { apart, type Cases, notNative } from "./case.ts";

const host = `export const box = { n: 0 }; export default class Shared { static made = 0; constructor() { Shared.made++; } }`;

/** Every form of an import, of the plugin's own modules, of Bun's and of the host's. */
export const importCases: Cases = {
  "default, names and namespace of one module": apart(
    {
      "index.ts": `import def, * as all from "./lib"; import { a } from "./lib"; export const result = () => [def, a, all.a, all.default];`,
      "lib.ts": `export const a = 1; export default 2;`,
    },
    [2, 1, 1, 2],
  ),
  "a namespace that is read and listed": apart(
    {
      "index.ts": `import * as all from "./lib"; export const result = () => [Object.keys(all), Object.entries(all), { ...all }, "a" in all, "z" in all];`,
      "lib.ts": `export const b = 2, a = 1;`,
    },
    [
      ["a", "b"],
      [
        ["a", 1],
        ["b", 2],
      ],
      { a: 1, b: 2 },
      true,
      false,
    ],
  ),
  "for its side effects only": apart(
    {
      "index.ts": `import { seen } from "./seen"; import "./one"; import "./two"; export const result = () => seen;`,
      "seen.ts": `export const seen: string[] = [];`,
      "one.ts": `import { seen } from "./seen"; seen.push("one");`,
      "two.ts": `import { seen } from "./seen"; seen.push("two"); export const unused = 1;`,
    },
    ["one", "two"],
  ),
  "types, which are not there when it runs": apart(
    {
      "index.ts": `import type { T } from "./types"; import { type U, value } from "./lib"; import { V } from "./types"; export type { W } from "./types"; const v: V = 1; const t: T & U = 2; export const result = () => [v, t, value];`,
      "types.ts": `throw new Error("never evaluated"); export type T = number; export type V = number; export interface W {}`,
      "lib.ts": `export type U = number; export const value = 3;`,
    },
    [1, 2, 3],
  ),
  "a type that is exported again as if it were a value": notNative(
    "it refuses a type that it cannot know to be one",
    {
      "index.ts": `import { value } from "./lib"; export { T } from "./lib"; export const result = () => value;`,
      "lib.ts": `export type T = number; export const value = 3;`,
    },
    3,
  ),
  "Bun's own modules": apart(
    {
      "index.ts": `import { join } from "node:path"; import * as path from "path"; import fs, { existsSync } from "node:fs"; import { Database } from "bun:sqlite"; import { inspect } from "bun"; import bun from "bun";
        export const result = () => [join("a", "b"), path.basename("c/d"), fs.existsSync === existsSync, typeof Database, inspect("x"), bun === Bun];`,
    },
    ["a/b", "d", true, "function", '"x"', true],
  ),
  "Bun's own modules, later": apart(
    {
      "index.ts": `export const result = async () => [(await import("node:path")).basename("a/b"), (await import("bun:sqlite")).Database.name, (await import("bun")).version === Bun.version];`,
    },
    ["b", "Database", true],
  ),
  "what Bun's own modules export, exported again": apart(
    {
      "index.ts": `import { base, sep } from "./lib"; export const result = () => [base("a/b"), sep];`,
      "lib.ts": `export { basename as base, sep } from "node:path";`,
    },
    ["b", "/"],
  ),
  "a module of the plugin, later, which is evaluated once": apart(
    {
      "index.ts": `import { seen } from "./seen"; export const result = async () => { const before = [...seen]; const one = await import("./late"); const two = await import("./late.ts"); return [before, seen, one === two, one.default, one.late]; };`,
      "seen.ts": `export const seen: string[] = [];`,
      "late.ts": `import { seen } from "./seen"; seen.push("late"); export const late = 1; export default 2;`,
    },
    [[], ["late"], true, 2, 1],
  ),
  "a module that is imported later, which imports those that are there": apart(
    {
      "index.ts": `import { go } from "./go"; export const here = { n: 1 }; export const result = () => go();`,
      "go.ts": `export const go = async () => (await import("./late")).seen();`,
      "late.ts": `import { here } from "./here"; import { go } from "./go"; export const seen = () => [here, typeof go];`,
      "here.ts": `export const here = 2;`,
    },
    [2, "function"],
  ),
  "itself, later, while it is evaluated": apart(
    {
      "index.ts": `const self: Promise<any> = import("./index"); export const mark = 1; export const result = async () => (await self).mark;`,
    },
    1,
  ),
  "another module, later, while it is evaluated: it has its turn when this one is done": apart(
    {
      "index.ts": `import { seen } from "./seen"; seen.push("begin"); const late = import("./late"); seen.push("end"); export const result = async () => { await late; return seen; };`,
      "seen.ts": `export const seen: string[] = [];`,
      "late.ts": `import { seen } from "./seen"; seen.push("late");`,
    },
    ["begin", "end", "late"],
  ),
  "a module that is imported later, and imports what began with it": apart(
    {
      "index.ts": `import { go } from "./go"; export const mark = "root"; export const result = async () => (await go()).mark();`,
      "go.ts": `export const go = () => import("./late");`,
      "late.ts": `import * as root from "./index"; export const mark = () => root.mark;`,
    },
    "root",
  ),
  "later, what throws: each time the same": apart(
    {
      "index.ts": `const message = () => import("./bad").then(() => "none", (error) => error); export const result = async () => { const [one, two] = [await message(), await message()]; return [one.message, one === two]; };`,
      "bad.ts": `throw new Error("bad"); export {};`,
    },
    ["bad", true],
  ),
  "later, by a name that is known only then": apart(
    {
      "index.ts": `const name = ["node", "path"].join(":"); export const result = async () => (await import(name)).basename("a/b");`,
    },
    "b",
  ),
  "a module of the host, of which there is one": apart(
    {
      "../../shared.ts": host,
      "index.ts": `import Shared, { box } from "../../shared"; import * as all from "../../shared.ts"; import { other } from "./other"; export const result = () => { box.n = 7; new Shared(); return [all.box === box, other(), all.default === Shared]; };`,
      "other.ts": `import { box as b } from "../../shared"; export const other = () => b.n;`,
    },
    [true, 7, true],
  ),
  "a module of the host, later": apart(
    {
      "../../shared.ts": host,
      "../../now.ts": `export const now = 1;`,
      "index.ts": `import { now } from "../../now"; export const result = async () => [(await import("../../shared")).box.n, (await import("../../now")).now, now];`,
    },
    [0, 1, 1],
  ),
  "a module of the host for its side effects": apart(
    {
      "../../shared.ts": `(globalThis as any).hotswapConformance = "there"; export {};`,
      "index.ts": `import "../../shared"; export const result = () => (globalThis as any).hotswapConformance;`,
    },
    "there",
  ),
  "a module of the host, exported again": apart(
    {
      "../../shared.ts": host,
      "index.ts": `import { box, S } from "./again"; export const result = () => [box.n, S.name];`,
      "again.ts": `export { box, default as S } from "../../shared";`,
    },
    [0, "Shared"],
  ),
  "what changes in a module of the host, taken by its name": apart(
    {
      "../../shared.ts": `export let n = 1; export const next = () => { n = 2; }; next();`,
      "index.ts": `import { n, next } from "../../shared"; export const result = () => { next(); return n; };`,
    },
    2,
  ),
  "what changes in a module of the host, through its namespace": apart(
    {
      "../../shared.ts": `export let n = 1; export const next = () => { n = 2; };`,
      "index.ts": `import * as shared from "../../shared"; export const result = () => { shared.next(); return shared.n; };`,
    },
    2,
  ),
  "a package of the project": apart(
    {
      "../../node_modules/tool/package.json": `{ "name": "tool", "version": "1.0.0", "type": "module", "main": "main.js", "exports": { ".": "./main.js", "./sub": "./sub.js" } }`,
      "../../node_modules/tool/main.js": `export const tool = "tool"; export default { tool };`,
      "../../node_modules/tool/sub.js": `export const sub = "sub";`,
      "index.ts": `import def, { tool } from "tool"; import { sub } from "tool/sub"; export const result = async () => [tool, def.tool, sub, (await import("tool")).tool];`,
    },
    ["tool", "tool", "sub", "tool"],
  ),
  "by an alias of tsconfig.json": apart(
    {
      "../../tsconfig.json": `{ "compilerOptions": { "paths": { "@/*": ["./plugin/alpha/*"], "~/*": ["./*"] } } }`,
      "../../shared.ts": host,
      "index.ts": `import { a } from "@/deep/lib"; import { box } from "~/shared"; export const result = () => [a, box.n];`,
      "deep/lib.ts": `export const a = 1;`,
    },
    [1, 0],
  ),
  "JSON and text": apart(
    {
      "index.ts": `import data from "./data.json"; import text from "./note.txt"; export const result = () => [data.n, text];`,
      "data.json": `{ "n": 1 }`,
      "note.txt": "note",
    },
    [1, "note"],
  ),
  "code as text": apart(
    {
      "index.ts": `import text from "./lib.ts" with { type: "text" }; export const result = () => text;`,
      "lib.ts": `export default "code";`,
    },
    `export default "code";`,
  ),
  "code as text, later": apart(
    {
      "index.ts": `export const result = async () => (await import("./lib.ts", { with: { type: "text" } })).default;`,
      "lib.ts": `export default "code";`,
    },
    `export default "code";`,
  ),
  CommonJS: apart(
    {
      "index.ts": `import lib from "./lib.cjs"; export const result = () => lib.a;`,
      "lib.cjs": `module.exports = { a: 1 };`,
    },
    1,
  ),
  "require of a module": apart(
    { "index.ts": `const lib = require("./lib"); export const result = () => lib.a;`, "lib.ts": `export const a = 1;` },
    1,
  ),
};
