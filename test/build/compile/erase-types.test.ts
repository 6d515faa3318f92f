import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Script } from "node:vm";
import type { SectionCode } from "../../../src/artifact/manifest.ts";
import { type CompiledModule, compileModules } from "../../../src/build/compile/compile.ts";
import { NotErasable } from "../../../src/build/compile/erase/erasure.ts";
import { requireSameProgram } from "../../../src/build/compile/erase/same-program.ts";
import { eraseTypes } from "../../../src/build/compile/erase-types.ts";
import { sectionText } from "../../../src/build/emit/sections/section.ts";
import { fillOptions } from "../../../src/build/options.ts";
import { SourceFile } from "../../../src/build/read/syntax/source-file.ts";
import { createProject, type Project } from "../../support/project.ts";
import { runArtifact } from "../support/run-artifact.ts";
import { erasableModules, importingModules } from "../emit/sections/cases/types.ts";

let project: Project;
let cases = 0;

beforeAll(async () => {
  project = await createProject({ "plugin/alpha/index.ts": "" });
});

afterAll(() => project[Symbol.asyncDispose]());

/** Compiles a module by itself; the bundler has to when something is to be defined. */
async function compile(text: string, by: "bundler" | "erasing", name = "module.ts"): Promise<CompiledModule> {
  const options = fillOptions({
    pluginDir: project.path("plugin/alpha"),
    outputDir: project.out,
    buildFlags: by === "bundler" ? ["--define", "NOBODY_ASKS=1"] : [],
  });
  const file = `plugin/alpha/case${cases++}/${name}`;
  await project.write({ [file]: text });
  const [module] = await compileModules(options, [new SourceFile(project.path(file), text)]);
  if (module === undefined) throw new Error("nothing was compiled");
  expect(module.mappings === undefined ? "erasing" : "bundler").toBe(by);
  return module;
}

/** What a module that imports nothing exports. */
function evaluate(compiled: CompiledModule): Record<string, unknown> {
  const imports = { namespace: {}, meta: import.meta } as unknown as Parameters<SectionCode>[1];
  const text = sectionText({ compiled, imports: [], dynamic: [] }, project.path("plugin/alpha"));
  const code = new Script(text.replaceAll(/__import\d+__/g, "String")).runInThisContext() as SectionCode;
  return code({} as Parameters<SectionCode>[0], imports)[0];
}

/** What a module takes and gives; what it calls that is its own affair. */
function outline({ imports, exports, dynamic }: CompiledModule): object {
  const taken = new Map<string, { star: boolean; names: string[] }>();
  for (const { specifier, star, bindings } of imports) {
    const known = taken.get(specifier) ?? { star: false, names: [] };
    known.names.push(...bindings.map(([name]) => name));
    taken.set(specifier, { names: known.names.toSorted(), star: known.star || star });
  }
  return { taken: [...taken], exports: [...exports.keys()].toSorted(), dynamic };
}

function erase(text: string, name = "module.ts"): ReturnType<typeof eraseTypes> {
  return eraseTypes(new SourceFile(`/${name}`, text));
}

/** Why a module is not erased. */
function reason(text: string, name?: string): string {
  try {
    erase(text, name);
    return "none";
  } catch (error) {
    if (error instanceof NotErasable) return error.message;
    throw error;
  }
}

describe("leaving out types does what the bundler does", () => {
  test.each(Object.entries(erasableModules))("%s", async (_name, text) => {
    const [erased, bundled] = await Promise.all([compile(text, "erasing"), compile(text, "bundler")]);
    expect(outline(erased)).toEqual(outline(bundled));
    const { result } = evaluate(erased);
    expect(result).toEqual(evaluate(bundled)["result"]);
    expect(result).toBeDefined();
  });

  test.each(Object.entries(importingModules))("imports %s", async (_name, text) => {
    expect(outline(await compile(text, "erasing"))).toEqual(outline(await compile(text, "bundler")));
  });

  test("and more, where the bundler's output only looks like CommonJS", async () => {
    const text = `for (const module of [1]) void module; function own(exports: number[], { require }: { require: 1 }) { return exports.concat(require) }
      const exports = 1; export const result = [own([2], { require: 1 }), exports, "module.exports"]`;
    expect(evaluate(await compile(text, "erasing"))["result"]).toEqual([[2, 1], 1, "module.exports"]);
  });

  test("JavaScript only loses its imports and exports", async () => {
    const text = `import { unused } from "./a"; export const result = [1 < 2 > (3), \`\${1}\`];`;
    const erased = await compile(text, "erasing", "module.js");
    expect(outline(erased)).toEqual(outline(await compile(text, "bundler", "module.js")));
    expect(erased.body).toBe(`;                                    const result = [1 < 2 > (3), \`\${1}\`];`);
  });
});

describe("what is left stands where it stood", () => {
  const modules = Object.entries({ ...erasableModules, ...importingModules });

  test.each(modules)("%s", (_name, text) => {
    const lines = text.split("\n");
    const left = erase(text).body.split("\n");
    expect(left.length).toBe(lines.length);
    for (const [index, line] of left.entries()) {
      // These come in the place of something else.
      if (/_default|__\w+__|\bfalse\b/.test(line)) continue;
      const original = lines[index] ?? "";
      const moved = line.split("").filter((unit, column) => unit !== original[column] && !/[ ;()]/.test(unit));
      expect(moved).toEqual([]);
    }
  });

  test("an error tells of its line and column in the source", async () => {
    const text = `import { definePlugin } from "hotswap";
import type { Nothing } from "./nothing";

interface Failure<T> {
  reason: T;
}

const message: string =
  "no" as string; export function fail<T>(this: void, why: Failure<T>): never { throw new Error(message); }

export default definePlugin({});
`;
    await using other = await createProject({ "plugin/alpha/index.ts": text }, { apart: true });
    using running = await runArtifact(other, await other.build("alpha"));
    const error = await Promise.resolve()
      .then(() => running.call("fail", {}))
      .catch((thrown: unknown) => thrown);
    const frame = /\(?(\/[^\s()]*):(\d+):(\d+)\)?/.exec((error as Error).stack ?? "");
    const line = text.split("\n").findIndex((content) => content.includes("throw")) + 1;
    const column = (text.split("\n")[line - 1] ?? "").indexOf("new Error") + 1;
    expect(frame?.[1]).toBe(other.path("plugin/alpha/index.ts"));
    expect(Number(frame?.[2])).toBe(line);
    // The engine points into the expression.
    expect(Number(frame?.[3])).toBeGreaterThanOrEqual(column);
    expect(Number(frame?.[3])).toBeLessThanOrEqual(column + "new Error(".length);
  });
});

describe("how often the bundler is asked", () => {
  const root = `import { definePlugin } from "hotswap"; import { a } from "./a"; export default definePlugin({ functions: { a } });`;

  async function asked(...texts: string[]): Promise<number[]> {
    await using other = await createProject({ "plugin/alpha/index.ts": root }, { apart: true });
    using builds = spyOn(Bun, "build");
    const counts: number[] = [];
    for (const text of texts) {
      await other.write({ "plugin/alpha/a.ts": text });
      const before = builds.mock.calls.length;
      const { unchanged } = await other.build("alpha");
      expect(unchanged).toBe(false);
      counts.push(builds.mock.calls.length - before);
    }
    return counts;
  }

  test("never about JavaScript with types", async () => {
    expect(await asked("export const a = (): number => 1", "export const a = (): number => 2")).toEqual([0, 0]);
  });

  test("once about the settings for fields of classes in a folder", async () => {
    const withField = (n: number): string => `class A { n: number = ${n} } export const a = (): number => new A().n`;
    expect(await asked(withField(1), withField(2), withField(3))).toEqual([1, 0, 0]);
  });

  test("each time about what is more than that", async () => {
    const withEnum = (n: number): string => `enum A { n = ${n} } export const a = (): number => A.n`;
    expect(await asked(withEnum(1), withEnum(2))).toEqual([1, 1]);
  });
});

describe("the bundler compiles", () => {
  const declined: Readonly<Record<string, readonly string[]>> = {
    TSEnumDeclaration: [`enum A { B }`, `export const enum A { B }`],
    TSModuleDeclaration: [`namespace A { export const b = 1 }`, `export module A { b }`],
    TSParameterProperty: [
      `class A { constructor(private b: number) {} }`,
      `class A { constructor(readonly b = 1) {} }`,
    ],
    TSImportEqualsDeclaration: [`import a = require("a"); a`, `import A = B.C; A`, `export import A = B.C;`],
    TSExportAssignment: [`export = 1`],
    TSNamespaceExportDeclaration: [`export as namespace a`],
    AccessorProperty: [`class A { accessor b = 1 }`, `class A { static accessor b: number }`],
    decorators: [`@a class B {}`, `class A { @b c() {} }`, `class A { @b c = 1 }`, `export default @a class {}`],
    "await outside of functions": [
      `await 1`,
      `export const a = await 1`,
      `for await (const a of []) {}`,
      `await using a = b`,
      `class A { [await 1]() {} }`,
    ],
    "this outside of functions": [`export const a = this`, `export const a = () => this`],
    "names of CommonJS": [
      `module.exports = 1`,
      `exports.a = 1`,
      `export const a = typeof module`,
      `function f(module: number) { return module } module.exports = f`,
      `export const a = require("a")`,
      `export const a = typeof require`,
      `export const a = __dirname + __filename`,
    ],
    "an import of what is only known at run time": [
      `export const a = (b: string) => import(b)`,
      `export const a = import("a" as string)`,
      `export const a = import("a", { with: { type: "json" } })`,
    ],
    "an import with attributes": [
      `import a from "./a.json" with { type: "json" }; a`,
      `export { a } from "./a" with { type: "macro" }`,
    ],
    "an import that is assigned to": [
      `import { a } from "./a"; a = 1`,
      `import { a } from "./a"; (a as number)++`,
      `import a from "./a"; [{ b: a = 1 }] = [{}]`,
      `import { a } from "./a"; for (a of []) {}`,
      `import * as a from "./a"; a.b = 1`,
      `import { a } from "./a"; delete a`,
    ],
    "two imports with one name": [`import { a } from "./a"; import { a } from "./b"; a`],
    "errors that the bundler reports": [
      `export const a: = 1`,
      `const a = 1; const a = 2`,
      `const a = 1; a = 2`,
      `export const a = 1; export { b as a }; const b = 1`,
      `import { a } from "./a"; const a = 1`,
      `break`,
    ],
    "text that a section cannot have": [
      `#!/usr/bin/env bun\nexport const a = 1`,
      `export const a = b <!--c`,
      `export const a = 1\n//# sourceMappingURL=a.map`,
      `const a = 1\rconst b = 2`,
      `export const __plugin__ = 1`,
      `export { a } from "./a"; const __from0__ = 1`,
    ],
    "code that is nested too deep": [`export const a = ${"b + ".repeat(60_000)} b`],
    "a name that is taken": [`const _default = 1; export default 2`],
    "a name with escapes": [`const \\u0061bc: number = 1`],
    "an export that is called *": [`import { "*" as a } from "./a"; a`],
  };

  test.each(Object.entries(declined))("%s", (why, texts) => {
    for (const text of texts) expect([text.slice(0, 80), reason(text)]).toEqual([text.slice(0, 80), why]);
  });

  test("other languages than TypeScript and JavaScript, and what may be CommonJS by its name", () => {
    for (const name of ["a.tsx", "a.jsx", "a.cts", "a.cjs", "a.json", "a.d.ts"]) {
      expect(reason("export const a = 1", name)).toBe("neither TypeScript nor JavaScript by its name");
    }
    expect(reason("export const a = <b/>", "a.js")).toBe("JSXElement");
  });

  test("fields of classes, in a folder whose settings make assignments of them", async () => {
    const settings = `{ "compilerOptions": { "useDefineForClassFields": false } }`;
    await using other = await createProject({ "tsconfig.json": settings, "plugin/alpha/index.ts": "" });
    const options = fillOptions({ pluginDir: other.path("plugin/alpha"), outputDir: other.out });
    const isErased = async (text: string): Promise<boolean> => {
      await other.write({ "plugin/alpha/index.ts": text });
      const modules = await compileModules(options, [new SourceFile(other.path("plugin/alpha/index.ts"), text)]);
      return modules.every(({ mappings }) => mappings === undefined);
    };
    expect(await isErased(`export class A { a: number; }`)).toBe(false);
    expect(await isErased(`export class A { b = 1 }`)).toBe(false);
    expect(await isErased(`export class A { #c = 1; d() { return this.#c } }`)).toBe(false);
    expect(await isErased(`export class A { #a?: number; static b = 1; c() { return this.#a } }`)).toBe(true);
  });
});

describe("the result is compared with what Bun makes of the source", () => {
  test.each([
    [`const a: number = 1`, `const a         = 1`],
    [`import { type A, b } from "./a"; b`, `import {         b } from "./a"; b`],
    [`class A { private b = 1 }`, `class A {         b = 1 }`],
  ])("%s is %s", (source, erased) => {
    expect(() => requireSameProgram(source, erased)).not.toThrow();
  });

  test.each([
    ["a value that is left out", `const a: number = 1, b = 2`, `const a         = 1`],
    ["a field that is left out", `class A { b: number; c }`, `class A {            c }`],
    ["an import that is left out", `import { a } from "./a"; a`, `a`],
    ["an import that is too many", `import { A } from "./a"; let b: A`, `import { A } from "./a"; let b`],
    ["an export that is left out", `const a = 1; export { a }`, `const a = 1; export {}`],
    ["lines that come together", `let a = b as any\n(c)`, `let a = b\n(c)`],
    ["lines that come apart", `const a = () => { return <T>(\n1) }`, `const a = () => { return\n(1) }`],
    ["an operator that changes", `const a = <T>(b: T) => b`, `const a = 1 < (2)`],
    ["a text that changes", `const a = "b: string"`, `const a = "b        "`],
    ["a type that stays", `const a: number = 1`, `const a: number = 1`],
    ["a source that is wrong", `const a: number = 1; const a = 1`, `const a = 1`],
    ["names of CommonJS", `export const a: 1 = require("a")`, `export const a = require("a")`],
  ])("%s", (_name, source, erased) => {
    expect(() => requireSameProgram(source, erased)).toThrow(NotErasable);
  });
});

test("nearly all of this project's own modules are erased, and the others for reasons that are known", () => {
  const root = join(import.meta.dir, "..", "..", "..");
  const reasons = new Map<string, string[]>();
  for (const folder of ["src", "demo"]) {
    for (const path of new Bun.Glob("**/*.ts").scanSync({ cwd: join(root, folder), absolute: true })) {
      const why = reason(readFileSync(path, "utf8"));
      reasons.set(why, [...(reasons.get(why) ?? []), relative(root, path)]);
    }
  }
  const erased = reasons.get("none") ?? [];
  reasons.delete("none");
  const others = [...reasons.values()].flat();
  expect(erased.length / (erased.length + others.length)).toBeGreaterThan(0.9);
  for (const why of reasons.keys()) {
    expect([
      "an import of what is only known at run time",
      "an import with attributes",
      "await outside of functions",
      "names of CommonJS",
      "text that a section cannot have",
    ]).toContain(why);
  }
});
