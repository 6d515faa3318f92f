import { describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { createBuilder } from "../../../../src/build/index.ts";
import { createProject, type Files, type Project } from "../../../support/project.ts";
import { runArtifact } from "../../support/run-artifact.ts";
import { runNatively } from "../../support/run-natively.ts";

const checkout = join(import.meta.dir, "../../../..");

const definition = `\nimport { definePlugin } from "hotswap"; export default definePlugin({});\n`;

async function keptApart(project: Project): Promise<unknown> {
  const builder = createBuilder({ pluginDir: project.path("plugin/alpha"), outputDir: project.out });
  const built = await builder.build();
  expect(built.bundled).toEqual([]);
  using running = await runArtifact(project, built);
  return await running.call("result");
}

async function projectOf(files: Files): Promise<Project> {
  return createProject(
    Object.fromEntries(
      Object.entries(files).map(([path, text]) => [
        `plugin/alpha/${path}`,
        path === "index.ts" ? String(text) + definition : text,
      ]),
    ),
  );
}

/** Ways to write a handler whose text tells Elysia what it takes from a request. */
const handlers = [
  `({ query, headers }: any) => ({ query, agent: headers["x-a"] })`,
  `({ headers /* those */, query }) => [headers["x-a"], query.a]`,
  `(c) => help(c as any)`,
  `(c: Ctx) => { const { query }: Pick<Ctx, "query"> = c; return query; }`,
  `(c: Ctx): unknown => { const { query } = c as { query: unknown }; return query; }`,
  `async ({ query: { a } }: Ctx) => a!`,
  `function ({ headers }: Ctx): string { /* query */ return headers["x-a"]; }`,
  `<T extends Ctx>({ query }: T) => query satisfies unknown`,
  `(c: any) => { const h = c.headers as Record<string, string>; return h["x-a"]; }`,
  `({ query, ...rest }: Ctx) => [query, typeof rest]`,
];

describe("functions have the texts, and classes and functions the names, that `bun run` gives them", () => {
  test("so that a library which reads the text of a handler finds in it what it looks for", async () => {
    const routes = handlers.map((handler, index) => `.get("/${index}", ${handler})`).join("\n");
    await using project = await projectOf({
      "index.ts": `import { Elysia } from "elysia"; import { help, type Ctx } from "./help";
        const app = new Elysia()${routes};
        export const result = async () => {
          const answers: unknown[] = [];
          for (let index = 0; index < ${handlers.length}; index++) {
            const response = await app.handle(new Request("http://localhost/" + index + "?a=1", { headers: { "x-a": "A" } }));
            answers.push([response.status, await response.text()]);
          }
          return answers;
        };`,
      "help.ts": `export type Ctx = any; export const help = ({ query, headers }: Ctx): unknown => [query, headers["x-a"]];`,
    });
    symlinkSync(join(checkout, "node_modules/elysia"), project.path("node_modules/elysia"), "dir");
    const expected = (await runNatively(project)) as (readonly [number, string])[];
    // Elysia itself does not understand every one of them.
    expect(expected.filter(([status]) => status === 200).length).toBeGreaterThan(handlers.length / 2);
    expect(await keptApart(project)).toEqual(expected);
  });

  test("of every form", async () => {
    await using project = await projectOf({
      "index.ts": `import unnamed, { Tag, plain as shown, Shade } from "./one"; import * as two from "./two"; import arrow from "./arrow"; import classy from "./classy"; import folder from "./deep"; import { self, other } from "./circle";
        function typed<T>(this: void, a: T, { b = 1, ...c }: { b?: number }): a is T & {} { /* gone */ return (a as any)!?.b ?? b === 1; }
        abstract class Shape { static #made: number = 0; declare gone: string; constructor(protected readonly size: number, public name?: string) {} abstract area(): number; get half(): number { return this.size / 2; } accessor edge = 1; }
        const tagged = async <const T,>(a: T): Promise<T> => { for await (const x of [a]) return x; return \`\${a}\` as never; };
        const texts = [unnamed, Tag, shown, two.default, two.Tag, two.plain, arrow, classy, folder, typed, Shape, tagged, self, other, Shade].map((it: any) => [it.name, String(it)]);
        export const result = () => texts;`,
      "one.ts": `const limit = 26 as const; export class Tag<T = never> { kind!: T; static readonly made = 1; } export function plain(n = limit): string { let text = ""; for (let i = 0; i < n; i++) { text += "x" } return text } export default function (a?: number) { return a } export enum Shade { Dark }`,
      "two.ts": `export class Tag { other = 2 } export const plain = function () { return 'two' + "" }; export default class extends Tag {}`,
      "arrow.ts": `export default (a: unknown) => a;`,
      "classy.ts": `export default class { run() { if (process.env.NODE_ENV === "production") { return 1 } return 2 } }`,
      "deep/index.ts": `export default function () { return 1 }`,
      "circle.ts": `import { back } from "./back"; export function self() { return back() } export const other = () => back;`,
      "back.ts": `import { self } from "./circle"; export function back(): unknown { return self }`,
    });
    expect(await keptApart(project)).toEqual(await runNatively(project));
  });

  test("of classes with one name a build warns, since the bundler gives all but one another name", async () => {
    await using project = await projectOf({
      "index.ts": `import { Tag } from "./one"; import { Tag as Other } from "./two"; export const result = () => [Tag.name, Other.name];`,
      "one.ts": `export class Tag {}`,
      "two.ts": `export class Tag { b = 1 }`,
      "unused.ts": `export class Tag { c = 1 }`,
    });
    const built = await project.build("alpha");
    using running = await runArtifact(project, built);
    expect(running.call("result")).not.toEqual(["Tag", "Tag"]);
    expect(built.warnings.map(({ file, message }) => [file, message.split(":")[0]])).toEqual([
      [project.path("plugin/alpha/two.ts"), expect.stringMatching(/one\.ts has a class Tag, too$/)],
    ]);
    expect((await project.build("alpha", { buildFlags: ["--minify"] })).warnings).toEqual([]);
    expect(await keptApart(project)).toEqual(["Tag", "Tag"]);
  });
});

test("a module of CommonJS that throws is the same error each time it is required", async () => {
  await using project = await projectOf({
    "index.ts": `const ask = () => { try { return require("./bad.cjs"); } catch (error) { return (error as Error).message; } };
      export const result = () => [ask(), ask()];`,
    "bad.cjs": `exports.begun = true; throw new Error("bad");`,
  });
  expect(await keptApart(project)).toEqual(["bad", "bad"]);
  expect(await runNatively(project)).toEqual(["bad", "bad"]);
});

test("a module of CommonJS knows where it is and who required it, as under `bun run`", async () => {
  const about = `[module.id, module.filename, module.path, module.loaded, module.parent?.id]`;
  await using project = await projectOf({
    "index.ts": `const first = require("./first.cjs"); export const result = () => [first, require("./asks.cjs").loaded()];`,
    "first.cjs": `module.exports = [${about}, require("./second.cjs")];`,
    "second.cjs": `module.exports = ${about};`,
    "asks.cjs": `exports.loaded = () => module.loaded;`,
  });
  expect(await keptApart(project)).toEqual(await runNatively(project));
});
