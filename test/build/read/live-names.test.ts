import { describe, expect, test } from "bun:test";
import { LIVE_EXPORT, type LiveExports } from "../../../src/artifact/manifest.ts";
import type { BuildOptions } from "../../../src/build/index.ts";
import { createProject, type Files } from "../../support/project.ts";
import { complaints } from "../support/build-failure.ts";
import { runArtifact } from "../support/run-artifact.ts";

const root = `import { definePlugin } from "hotswap";\nexport default definePlugin({});\n`;

/** A plugin with these files besides its root module. */
function pluginOf(files: Files, rootModule = root): Files {
  const own = Object.entries(files).map(([path, text]) => [`plugin/alpha/${path}`, text]);
  return { "plugin/alpha/index.ts": rootModule, ...Object.fromEntries(own) };
}

async function collected(files: Files, options: Partial<BuildOptions> = {}) {
  await using project = await createProject(pluginOf(files));
  const result = await project.build("alpha", options);
  using running = await runArtifact(project, result);
  const { liveFuncs, liveTypes } = result.manifest;
  const live = running.exports[LIVE_EXPORT] as LiveExports;
  // The manifest and the code must tell the same.
  expect(Object.keys(live.funcs).toSorted()).toEqual(Object.keys(liveFuncs));
  expect(Object.keys(live.types).toSorted()).toEqual(Object.keys(liveTypes));
  return { liveFuncs, liveTypes, live, warnings: result.warnings.map(({ message }) => message) };
}

async function refused(files: Files): Promise<string[]> {
  await using project = await createProject(pluginOf(files));
  return (await complaints(project, "alpha")).map((complaint) => complaint.replace("plugin/alpha/", ""));
}

describe("8.1 every exported function or class with a live name is collected", () => {
  test("in every form of declaration and export, with its kind and the file that defines it", async () => {
    const { liveFuncs, liveTypes, live, warnings } = await collected({
      "a.ts": `export function live_plain() { return "plain"; }
        export async function live_async() {}
        export function* live_generator() {}
        export const live_arrow = (x: number) => x, live_expression = function () {};
        export const live_asserted = ((x: number) => x) satisfies (x: number) => number;
        export function live_overloaded(a: string): void;
        export function live_overloaded(a: unknown): void {}
        function live_listed() {}
        export { live_listed };
        function other() { return "renamed"; }
        export { other as live_renamed };
        export default function live_by_default() {}`,
      "b.ts": `export class Live_Plain {}
        export abstract class Live_Abstract {}
        export const Live_Expression = class {};
        class Other {}
        export { Other as Live_Renamed };`,
    });
    expect(liveFuncs).toEqual({
      live_arrow: "a.ts",
      live_async: "a.ts",
      live_asserted: "a.ts",
      live_by_default: "a.ts",
      live_expression: "a.ts",
      live_generator: "a.ts",
      live_listed: "a.ts",
      live_overloaded: "a.ts",
      live_plain: "a.ts",
      live_renamed: "a.ts",
    });
    expect(liveTypes).toEqual({
      Live_Abstract: "b.ts",
      Live_Expression: "b.ts",
      Live_Plain: "b.ts",
      Live_Renamed: "b.ts",
    });
    expect((live.funcs["live_renamed"] as () => string)()).toBe("renamed");
    expect(live.types["Live_Plain"]).toBeFunction();
    expect(warnings).toEqual([]);
  });

  test("whether or not another module imports the file, in sub-folders, and in JavaScript", async () => {
    const { liveFuncs } = await collected({
      "deep/er/one.ts": "export function live_one() {}",
      "two.js": "export function live_two() {}",
      "three.mjs": "export function live_three() {}",
      "four.tsx": "export function live_four() {}",
    });
    expect(liveFuncs).toEqual({
      live_four: "four.tsx",
      live_one: "deep/er/one.ts",
      live_three: "three.mjs",
      live_two: "two.js",
    });
  });

  test("in the root module", async () => {
    await using project = await createProject(pluginOf({}, `${root}export function live_root() { return 1; }`));
    const result = await project.build("alpha");
    using running = await runArtifact(project, result);
    expect(result.manifest.liveFuncs).toEqual({ live_root: "index.ts" });
    expect((running.exports[LIVE_EXPORT] as LiveExports).funcs["live_root"]).toBe(running.exports["live_root"]);
  });

  test("in any case of the prefix, which is live_ unless --livePrefix says otherwise", async () => {
    const files = {
      "a.ts":
        "export function live_a() {}\nexport function LIVE_b() {}\nexport class Live_C {}\nexport function hot$d() {}",
    };
    expect(await collected(files)).toMatchObject({
      liveFuncs: { LIVE_b: "a.ts", live_a: "a.ts" },
      liveTypes: { Live_C: "a.ts" },
    });
    const other = await collected(files, { livePrefix: "HOT$" });
    expect(other).toMatchObject({ liveFuncs: { hot$d: "a.ts" }, liveTypes: {} });
  });

  test("test files, declarations, packages and hidden folders are left out", async () => {
    const live = (name: string) => `export function live_${name}() {}`;
    const { liveFuncs } = await collected({
      "a.ts": live("a"),
      "a.test.ts": live("b"),
      "a.spec.tsx": live("c"),
      "a_test.ts": live("d"),
      "__tests__/a.ts": live("e"),
      "types.d.ts": "export declare function live_f(): void;",
      "node_modules/x/index.ts": live("g"),
      ".hidden/a.ts": live("h"),
      "contest.ts": live("i"),
    });
    expect(liveFuncs).toEqual({ live_a: "a.ts", live_i: "contest.ts" });
  });

  test("a re-export is the same thing, not a second one", async () => {
    const { liveFuncs, liveTypes } = await collected({
      "a.ts": "export function live_a() {}\nexport class Live_B {}\nexport const c = () => {};",
      "barrel.ts": `export { live_a } from "./a.ts";\nexport * from "./a.ts";`,
      "again.ts": `import { Live_B } from "./barrel";\nexport { Live_B };`,
      "renaming.ts": `export { c as live_c } from "./barrel.ts";`,
    });
    expect(liveFuncs).toEqual({ live_a: "a.ts", live_c: "renaming.ts" });
    expect(liveTypes).toEqual({ Live_B: "a.ts" });
  });
});

describe("8.2 build errors", () => {
  test("two live things with one name, naming both files", async () => {
    expect(
      await refused({ "a.ts": "export function live_x() {}", "b/c.ts": "\nexport const live_x = () => {};" }),
    ).toEqual([
      expect.stringMatching(/^b\/c\.ts:2:14 "live_x" is the name of another live thing.*plugin\/alpha\/a\.ts/),
    ]);
  });

  test("a live function and a live type with one name", async () => {
    expect(await refused({ "a.ts": "export function Live_X() {}", "b.ts": "export class Live_X {}" })).toHaveLength(1);
  });

  test.each([
    ["a number", "export const live_x = 5;", "it is a number"],
    ["an object", "export const live_x = {};", "it is an object"],
    ["an enum", "export enum Live_X { A }", "it is an enum"],
    ["a namespace", "export namespace live_x { export const a = 1; }", "it is a namespace"],
    ["a module as a whole", `export * as live_x from "./other.ts";`, "it is a namespace"],
    ["a variable", "export let live_x = () => {};", "is not evidently a function or a class"],
    ["what a call answers", "export const live_x = Object.freeze(() => {});", "is not evidently a function or a class"],
    ["a part of something", "export const { live_x } = { live_x() {} };", "is not evidently a function or a class"],
    ["another live name's number", "const five = 5;\nexport { five as live_x };", "it is a number"],
    ["a function of the host", `export { live_x } from "../../host.ts";`, 'it comes from "../../host.ts"'],
    ["a function of a package", `import { live_x } from "hotswap";\nexport { live_x };`, 'it comes from "hotswap"'],
  ])("%s with a live name", async (_, code, reason) => {
    await using project = await createProject({
      ...pluginOf({ "a.ts": code, "other.ts": "export const a = 1;" }),
      "host.ts": "export function live_x() {}",
    });
    const [complaint, ...others] = await complaints(project, "alpha");
    expect(complaint).toMatch(/^plugin\/alpha\/a\.ts:\d+:\d+ "live_x" begins with the live prefix/i);
    expect(complaint).toContain(reason);
    expect(others).toEqual([]);
  });

  test("a syntax error in a file that only its live names bring into the bundle", async () => {
    const found = await refused({ "a.ts": "export function live_a( {}\n" });
    expect(found).toHaveLength(1);
    expect(found[0]).toStartWith("a.ts:2:1 Expected");
  });
});

describe("8.2 warnings", () => {
  test("a live name that is declared but not exported, or exported under another name", async () => {
    const { warnings, liveFuncs } = await collected({
      "a.ts": `function live_lost() {}\nclass Live_Gone {}\nexport { Live_Gone as Found };\nlive_lost();`,
    });
    expect(liveFuncs).toEqual({});
    expect(warnings).toEqual([
      expect.stringContaining('"live_lost" has a live name, but is not exported'),
      expect.stringContaining('"Live_Gone" has a live name, but is not exported'),
    ]);
  });

  test("a live name that is only a type", async () => {
    const { warnings } = await collected({
      "a.ts": "export interface Live_Shape { a: 1 }\nexport class Live_Both {}\nexport interface Live_Both {}",
    });
    expect(warnings).toEqual([expect.stringContaining('"Live_Shape" has a live name, but is only a type')]);
  });

  test("none for what is merely imported, local to a function, or mentioned", async () => {
    const { warnings } = await collected({
      "a.ts": "export function live_a() {}",
      "b.ts": `import { live_a } from "./a.ts";\nexport const b = () => { const live_local = live_a; return [live_local, "live_text"]; };`,
    });
    expect(warnings).toEqual([]);
  });
});

describe("7.3 what a live type keeps where the vault cannot see it", () => {
  test("a private field is a warning with its file and line, also one of a class that it extends", async () => {
    const { warnings } = await collected({
      "a.ts": `import { Base } from "./base";
        import { Kept } from "../../kept";
        export class Live_Own {
          #gold = 0;
          static #count = 0;
          #method() { return this.#gold + Live_Own.#count; }
          get #read() { return this.#method(); }
          earn() { return this.#read; }
        }
        export class Live_Sub extends Base { name = ""; }
        export class Live_Host extends Kept {}
        export class Live_Fine { name = "#gold"; #method() {} static #made = 0; static accessor total = 0; accessor() {} }
        export { Live_Fine as Live_Again };`,
      "base.ts": `class Root { #id; constructor() { this.#id = 1; } id() { return this.#id; } }
        export class Base extends Root {}`,
      "../../kept.ts": `export class Kept { x = 1;\n#secret = 1; read() { return this.#secret; } }`,
    });
    expect(warnings.toSorted()).toEqual([
      "the live type Live_Host has the private field #secret, so its instances cannot be stored: make it a public field",
      "the live type Live_Own has the private field #gold, so its instances cannot be stored: make it a public field",
      "the live type Live_Sub has the private field #id, so its instances cannot be stored: make it a public field",
    ]);
  });

  test("an accessor field is an error: what it holds would be lost", async () => {
    const message = (type: string, field: string) =>
      `the live type ${type} has the accessor field ${field}, whose value would be lost when it is stored: make it a field, or a getter and setter of one`;
    const problems = await refused({
      "a.ts": `import { Base } from "./base";
export class Live_Own { accessor gold = 0; }
export const Live_Sub = class extends Base {};`,
      "base.ts": `export class Base {
  name = "";
  accessor #level = 1;
  level() { return this.#level; }
}`,
    });
    expect(problems).toEqual([
      `a.ts:2:25 ${message("Live_Own", "gold")}`,
      `base.ts:3:3 ${message("Live_Sub", "#level")}`,
    ]);
  });
});
