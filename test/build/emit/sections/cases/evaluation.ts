import { apart, type Cases, notNative } from "./case.ts";

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
  "live things of modules that nobody imports, behind the root module": notNative(
    "nobody else evaluates them",
    {
      "index.ts": `import { seen } from "./seen"; seen.push("root"); export const result = () => seen;`,
      "seen.ts": seen,
      "jobs/one.ts": `import { seen } from "../seen"; seen.push("one"); export function live_one() { return 1; }`,
      "jobs/two.ts": `import { seen } from "../seen"; seen.push("two"); export class Live_Two {} export const live_two = () => 2;`,
    },
    ["root", "two", "one"],
  ),
  "modules that import each other": apart(
    {
      "index.ts": `import { even } from "./even"; export const result = () => [even(4), even(3)];`,
      "even.ts": `import { odd } from "./odd"; export const even = (n: number): boolean => n === 0 || odd(n - 1);`,
      "odd.ts": `import { even } from "./even"; export const odd = (n: number): boolean => n !== 0 && even(n - 1);`,
    },
    [true, false],
  ),
  "a module that imports itself": apart(
    { "index.ts": `import * as self from "./index"; export const mark = 1; export const result = () => self.mark;` },
    1,
  ),
  "modules that await something while they are evaluated": apart(
    {
      "index.ts": `import { late } from "./late"; export const result = () => late;`,
      "late.ts": `export const late = await Promise.resolve(1);`,
    },
    1,
  ),
  "for await at the top level": apart(
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
  "names that the sections themselves use": apart(
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
