import { describe, expect, test } from "bun:test";
import { createProject } from "../../support/project.ts";
import { complaints } from "../support/build-failure.ts";

const imported = `import { definePlugin } from "hotswap";\n`;

/** What a build of a plugin with this root module complains of, without the path. */
async function verdict(root: string, others: Record<string, string> = {}): Promise<string[]> {
  await using project = await createProject({ "plugin/alpha/index.ts": root, ...others });
  try {
    await project.build("alpha");
    return [];
  } catch {
    return (await complaints(project, "alpha")).map((complaint) => complaint.replace("plugin/alpha/index.ts:", ""));
  }
}

describe("2.3 a default export that is not a definition is an error", () => {
  const cases: [string, string, string][] = [
    ["none at all", "export const a = 1;", "0:0 a plugin's root module must export its definition by default"],
    ["an object", "export default { onLoad() {} };", "1:16 the default export is an object, not a definition"],
    ["a number", "export default 5;", "1:16 the default export is a number, not a definition"],
    ["a function", "export default function start() {}", "1:25 the default export is a function, not a definition"],
    ["a class", "export default class {}", "1:16 the default export is a class, not a definition"],
    ["an arrow function", "export default () => {};", "1:16 the default export is a function, not a definition"],
    [
      "a constant that is an object",
      "const plugin = {};\nexport default plugin;",
      "2:16 the default export is an object",
    ],
    ["under another name", "const plugin = [];\nexport { plugin as default };", "2:10 the default export is an array"],
  ];
  test.each(cases)("%s", async (_, code, complaint) => {
    const [first, ...others] = await verdict(code);
    expect(first).toStartWith(complaint);
    expect(first).toContain("definePlugin({ ... })");
    expect(others).toEqual([]);
  });

  test("definePlugin without its import", async () => {
    expect(await verdict("export default definePlugin({});")).toEqual([
      '1:16 definePlugin is not imported: add `import { definePlugin } from "hotswap"`',
    ]);
  });

  test.each([
    ["without an argument", "definePlugin()", "2:16 definePlugin takes an object with the plugin's hooks"],
    ["with a number", "definePlugin(3)", "2:29 definePlugin takes an object with the plugin's hooks, not a number"],
  ])("definePlugin %s", async (_, call, complaint) => {
    expect((await verdict(`${imported}export default ${call};`))[0]).toStartWith(complaint);
  });
});

describe("2.3 a definition is recognised", () => {
  test.each([
    ["directly", `${imported}export default definePlugin({ nope() {} });`],
    [
      "in parentheses and with type assertions",
      `${imported}export default (definePlugin({ nope() {} } as never)) satisfies object as object;`,
    ],
    ["by a constant", `${imported}const plugin = definePlugin({ nope() {} });\nexport default plugin;`],
    ["exported as default", `${imported}const plugin = definePlugin({ nope() {} });\nexport { plugin as default };`],
    [
      "imported under another name",
      `import { definePlugin as define } from "hotswap";\nexport default define({ nope() {} });`,
    ],
    [
      "through the namespace",
      `import * as hotswap from "hotswap";\nexport default hotswap.definePlugin({ nope() {} });`,
    ],
    ["with type arguments", `${imported}export default definePlugin<number>({ nope() {} });`],
  ])("%s", async (_, code) => {
    expect((await verdict(code)).map((complaint) => complaint.replace(/^[\d:]+ /, ""))).toEqual([
      '"nope" is not a hook',
    ]);
  });
});

describe("2.3 a hook that is unknown or of the wrong type is an error", () => {
  const cases: [string, string, string[]][] = [
    ["unknown, with a suggestion", "onload() {}", ['2:31 "onload" is not a hook (did you mean "onLoad"?)']],
    ["unknown, in quotes", '"on-load"() {}', ['2:31 "on-load" is not a hook (did you mean "onLoad"?)']],
    ["a number", "onFree: 3", ['2:39 "onFree" must be a function, not a number']],
    ["an object", "export: { one: 1 }", ['2:39 "export" must be a function, not an object']],
    ["null", "onInit: null", ['2:39 "onInit" must be a function, not null']],
    ["a class", "onInit: class {}", ['2:39 "onInit" must be a function, not a class']],
    ["a text", "reloadable: `yes`", ['2:43 "reloadable" must be a function, not a string']],
    [
      "functions that are none",
      "functions: () => ({})",
      ['2:42 "functions" must be an object of functions, not a function'],
    ],
    ["a table with a value", "functions: { a() {}, b: 1 }", ['2:55 "functions.b" must be a function, not a number']],
    [
      "both ways of dispatch",
      "functions: {}, invokeFunc() {}",
      ['2:46 "functions" and "invokeFunc" are both given: keep one'],
    ],
  ];
  test.each(cases)("%s", async (_, members, expected) => {
    expect(await verdict(`${imported}export default definePlugin({ ${members} });`)).toEqual(expected);
  });

  test("a constant of the module that is no function", async () => {
    expect(await verdict(`${imported}const onLoad = 5;\nexport default definePlugin({ onLoad });`)).toEqual([
      '3:31 "onLoad" must be a function, not a number',
    ]);
  });

  test.each(["reloadable", "export", "import"])("2.2 %s that is async, or a generator", async (hook) => {
    const messages = async (member: string) =>
      (await verdict(`${imported}export default definePlugin({ ${member} });`)).map((line) =>
        line.replace(/^[\d:]+ /, ""),
      );
    const isAsync = [`"${hook}" must not be async: its answer is used at once`];
    expect(await messages(`async ${hook}() {}`)).toEqual(isAsync);
    expect(await messages(`${hook}: async () => {}`)).toEqual(isAsync);
    expect(await messages(`*${hook}() {}`)).toEqual([`"${hook}" must not be a generator: nothing would run it`]);
  });

  test("all of them at once, in the order of their places", async () => {
    expect(
      await verdict(`${imported}export default definePlugin({ onload() {}, onFree: 1, functions: { a: 2 } });`),
    ).toEqual([
      expect.stringMatching(/^2:31 "onload"/),
      expect.stringMatching(/^2:52 "onFree"/),
      expect.stringMatching(/^2:71 "functions.a"/),
    ]);
  });
});

describe("2.3 what only run time can tell is left to it", () => {
  test.each([
    ["a spread", `const more = { nope: 1 };\nexport default definePlugin({ ...more });`],
    ["a computed name", `const name = "nope";\nexport default definePlugin({ [name]: 1 });`],
    ["a definition put together elsewhere", `const members = {};\nexport default definePlugin(members);`],
    ["a wrapper of definePlugin", `const make = () => definePlugin({});\nexport default make();`],
    ["a variable", `let plugin = definePlugin({});\nexport default plugin;`],
    ["a getter", `export default definePlugin({ get export() { return () => 1; } });`],
    ["undefined", `export default definePlugin({ onLoad: undefined });`],
    ["a call that makes a hook", `const make = () => () => {};\nexport default definePlugin({ onLoad: make() });`],
    [
      "async hooks where they may be",
      `export default definePlugin({ async onLoad() {}, async onInit() {}, async onFree() {} });`,
    ],
    ["generators among the functions", `export default definePlugin({ functions: { *a() {}, async b() {} } });`],
  ])("%s", async (_, code) => {
    expect(await verdict(imported + code)).toEqual([]);
  });

  test("a definition from another file of the plugin", async () => {
    const other = { "plugin/alpha/definition.ts": `${imported}export default definePlugin({});` };
    expect(await verdict(`export { default } from "./definition.ts";`, other)).toEqual([]);
    expect(await verdict(`import plugin from "./definition.ts";\nexport default plugin;`, other)).toEqual([]);
  });
});

describe("2.3 in a large root module, of which only the end is parsed when that is enough", () => {
  const bulk = Array.from(
    { length: 400 },
    (_, index) => `export function f${index}(a: number) { return a + ${index}; }`,
  );
  const large = (end: string): string => `${imported}${bulk.join("\n")}\n${end}\n`;

  test.each([
    ["a wrong hook", "export default definePlugin({ onload() {} });", '402:31 "onload" is not a hook'],
    [
      "a hook that is declared above",
      "const onLoad = 5;\nexport default definePlugin({ onLoad });",
      '403:31 "onLoad" must be a function',
    ],
    [
      "a wrong definition, followed by a comment that holds a right one",
      "export default definePlugin({ onload() {} });\n/*\nexport default definePlugin({});\n*/",
      '402:31 "onload" is not a hook',
    ],
    ["no definition", "export default {};", "402:16 the default export is an object"],
  ])("%s is found", async (_, end, complaint) => {
    const [first, ...others] = await verdict(large(end));
    expect(first).toStartWith(complaint);
    expect(others).toEqual([]);
  });

  test("a right definition passes", async () => {
    expect(await verdict(large("export default definePlugin({ onLoad() {}, functions: { a() {} } });"))).toEqual([]);
    expect(await verdict(large("export default definePlugin({ functions: { f1, f2 } });"))).toEqual([]);
  });
});

test("2.3 no code of the plugin runs while it is built", async () => {
  await using project = await createProject();
  const trace = JSON.stringify(project.path("trace"));
  await project.write({
    "plugin/alpha/index.ts": `${imported}await Bun.write(${trace}, "");\nexport default definePlugin({});`,
  });
  await project.build("alpha");
  expect(await Bun.file(project.path("trace")).exists()).toBe(false);
});
