import { describe, expect, test } from "bun:test";
import { renameSync } from "node:fs";
import type { Files } from "../support/project.ts";
import { createDemo, dev, host, save } from "./demo.ts";

const saysOf = (lines: string, word = "word"): string =>
  `import { definePlugin } from "hotswap";\n${lines}\nexport default definePlugin({ functions: { say: () => ${word} } });\n`;

describe("17.2 every file that went into a build is watched, whatever its name", () => {
  const module = (word: string): string => `export const word = "${word}";\n`;
  const cases: Record<
    string,
    { readonly lines: string; readonly file: string; readonly text: (word: string) => string }
  > = {
    "in a folder that begins with a dot": {
      lines: 'import { word } from "./.gen/a";',
      file: ".gen/a.ts",
      text: module,
    },
    "in a folder that ends with ~": { lines: 'import { word } from "./t~/a";', file: "t~/a.ts", text: module },
    "a text that begins with a dot": {
      lines: 'import word from "./.note" with { type: "text" };',
      file: ".note",
      text: (word) => word,
    },
    "in a package of the plugin": {
      lines: 'import { word } from "own";',
      file: "node_modules/own/index.js",
      text: module,
    },
  };
  for (const [name, { lines, file, text }] of Object.entries(cases)) {
    test(name, async () => {
      await using project = await createDemo({
        "plugin/alpha/index.ts": saysOf(lines),
        [`plugin/alpha/${file}`]: text("one"),
        "plugin/alpha/node_modules/own/package.json": '{ "name": "own", "main": "index.js" }',
      });
      await using terminal = dev(project, { plugins: ["plugin/alpha"] });
      await terminal.shows(/host: hello \d+ one[^]*ready/);
      save(project, `plugin/alpha/${file}`, text("two"));
      await terminal.shows(/host: hello \d+ two/);
      save(project, `plugin/alpha/${file}`, text("three"));
      await terminal.shows(/host: hello \d+ three/);
    });
  }
});

describe("17.2 what a build could not find, it finds when it is there", () => {
  const newPackage = (name: string, code: string): Files => ({
    [`node_modules/${name}/package.json`]: `{ "name": "${name}", "main": "index.js" }`,
    [`node_modules/${name}/index.js`]: code,
  });

  test("packages that are installed later, with what they need", async () => {
    await using project = await createDemo();
    await using terminal = dev(project);
    const [, pid] = await terminal.shows(/host: hello (\d+) alpha\.1[^]*ready/);
    save(project, "plugin/alpha/index.ts", saysOf('import { word } from "newp";'));
    await terminal.shows(/Could not resolve: "newp"/);
    await project.write(newPackage("dep", 'export const word = "found";\n'));
    await project.write(newPackage("newp", 'export { word } from "dep";\n'));
    await terminal.shows(new RegExp(`host: hello ${pid} found beta\\.1`));
    save(project, "plugin/beta/index.ts", saysOf('import { word } from "@scope/late";'));
    await terminal.shows(/Could not resolve: "@scope\/late"/);
    await project.write(newPackage("@scope/late", 'export const word = "late";\n'));
    await terminal.shows(new RegExp(`host: hello ${pid} found late`));
  });

  test("paths of tsconfig.json that change while the host starts", async () => {
    const paths = (folder: string): string =>
      JSON.stringify({ compilerOptions: { paths: { "@/*": [`./${folder}/*`] } } });
    await using project = await createDemo({
      "tsconfig.json": paths("left"),
      "left/shared.ts": 'export const word = "left";\n',
      "right/shared.ts": 'export const word = "right";\n',
      "plugin/alpha/index.ts": `import { definePlugin } from "hotswap";\nimport { word } from "@/shared";\nexport default definePlugin({ functions: { say: () => word } });\n`,
      // Bun has read the file by now, and nobody watches it yet.
      "src/host.ts": host.replace(
        "await swapper.loadPlugins",
        `(await import("node:fs")).writeFileSync("tsconfig.json", ${JSON.stringify(paths("right"))});\nawait swapper.loadPlugins`,
      ),
    });
    await using terminal = dev(project);
    await terminal.shows(/host: hello \d+ right beta\.1/);
  });

  test("paths of tsconfig.json, also of one that it extends", async () => {
    const paths = (folder: string): string => `{ "compilerOptions": { "paths": { "@/*": ["./${folder}/*"] } } }`;
    await using project = await createDemo({
      "plugin/alpha/index.ts": saysOf('import { word } from "@/word";'),
      "plugin/alpha/one/word.ts": 'export const word = "one";\n',
      "plugin/alpha/two/word.ts": 'export const word = "two";\n',
      "tsconfig.json": '{ "extends": "./base.json" }',
      "base.json": paths("nowhere"),
    });
    await using terminal = dev(project, { plugins: ["plugin/alpha"] });
    await terminal.shows(/Could not resolve: "@\/word"/);
    save(project, "base.json", paths("plugin/alpha/one"));
    await terminal.shows(/host: hello \d+ one[^]*ready/);
    save(project, "base.json", paths("plugin/alpha/two"));
    await terminal.shows(/host: hello \d+ two/);
    save(project, "tsconfig.json", paths("plugin/alpha/one"));
    await terminal.shows(/host: hello \d+ one/);
  });

  test("macros that are edited, with what they import", async () => {
    await using project = await createDemo({
      "plugin/alpha/index.ts": saysOf('import { word } from "../../macros/word" with { type: "macro" };', "word()"),
      "macros/word.ts":
        'import { deep } from "./deep";\nconst same = <T>(one: T): T => one;\nexport const word = () => same(<string>deep);\n',
      "macros/deep.ts": 'export const deep = "one";\n',
    });
    await using terminal = dev(project, { plugins: ["plugin/alpha"] });
    await terminal.shows(/host: hello \d+ one[^]*ready/);
    save(project, "macros/deep.ts", 'export const deep = "two";\n');
    await terminal.shows(/host: hello \d+ two/);
    save(project, "macros/word.ts", 'export const word = () => "three";\n');
    await terminal.shows(/host: hello \d+ three/);
    expect(terminal.text).not.toContain("error");
  });

  test("a file whose name changes only its case", async () => {
    await using project = await createDemo({
      "plugin/alpha/index.ts": saysOf('import { word } from "./word";'),
      "plugin/alpha/word.ts": 'export const word = "one";\n',
    });
    await using terminal = dev(project, { plugins: ["plugin/alpha"] });
    await terminal.shows(/host: hello \d+ one[^]*ready/);
    renameSync(project.path("plugin/alpha/word.ts"), project.path("plugin/alpha/Word.ts"));
    // Bun finds it under either name.
    await terminal.shows(/live after [\d.]+ ms: alpha: ok/);
    save(
      project,
      "plugin/alpha/index.ts",
      saysOf('import { word } from "./Word";').replace("=> word", '=> word + "!"'),
    );
    await terminal.shows(/host: hello \d+ one!/);
  });
});
