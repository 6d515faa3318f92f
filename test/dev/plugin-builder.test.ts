import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { WatchedPlugin } from "./watched-plugin.ts";

const index = `import { definePlugin } from "hotswap";
import { value } from "./value";
export default definePlugin({ functions: { value: () => value } });
`;

const valueModule = (value: string): string => `export const value = "${value}";\n`;

/** Makes one more edit and waits for its build: what came before it is built by then. */
async function fence(plugin: WatchedPlugin): Promise<void> {
  writeFileSync(plugin.path("value.ts"), valueModule("fence"));
  await plugin.published('"fence"');
}

/** Ways in which editors save, each in several steps between which a watcher may look. */
const editors: Record<string, (file: string, text: string) => Promise<void>> = {
  async "by a rename over the file"(file, text) {
    writeFileSync(`${file}.tmp`, text);
    await Bun.sleep(2);
    renameSync(`${file}.tmp`, file);
  },
  async "by moving the file away and writing a new one"(file, text) {
    renameSync(file, `${file}~`);
    await Bun.sleep(2);
    writeFileSync(file, text);
    rmSync(`${file}~`);
  },
  async "by making it empty and writing it"(file, text) {
    await using handle = await open(file, "w");
    await Bun.sleep(10);
    await handle.write(text);
  },
  async "by making it empty and writing it in pieces"(file, text) {
    await using handle = await open(file, "w");
    for (const piece of [text.slice(0, 9), text.slice(9, -3), text.slice(-3)]) {
      await Bun.sleep(5);
      await handle.write(piece);
    }
  },
  async "by writing over it and cutting it off after that"(file, text) {
    await using handle = await open(file, "r+");
    await handle.write(text);
    await Bun.sleep(5);
    await handle.truncate(Buffer.byteLength(text));
  },
  async "twice in a row"(file, text) {
    writeFileSync(file, text);
    writeFileSync(file, text);
    await Bun.sleep(2);
    writeFileSync(file, text);
  },
  async "and set the time of the file"(file, text) {
    writeFileSync(file, text);
    utimesSync(file, new Date(), new Date());
    await Bun.sleep(2);
    utimesSync(file, new Date(0), new Date(0));
  },
};

describe.each([
  ["bundled", false],
  ["modules kept apart", true],
])("%s:", (_name, incremental) => {
  const create = (): Promise<WatchedPlugin> =>
    WatchedPlugin.create({ "index.ts": index, "value.ts": valueModule("first") }, incremental);

  describe("an editor that writes causes one build, of a whole file", () => {
    for (const [name, write] of Object.entries(editors)) {
      test(name, async () => {
        await using plugin = await create();
        for (const value of ["second", "third and longer", "4th"]) {
          const before = plugin.builds.length;
          await write(plugin.path("value.ts"), valueModule(value));
          await plugin.published(`"${value}"`);
          expect(plugin.builds.slice(before)).toMatchObject([{ ok: true, result: { unchanged: false } }]);
        }
        await fence(plugin);
        expect(plugin.builds).toHaveLength(5);
      });
    }

    test("a half that would be valid by itself is not built", async () => {
      await using plugin = await create();
      await using handle = await open(plugin.path("value.ts"), "w");
      await handle.write('export const value = "half";');
      await Bun.sleep(30);
      await handle.write('\nexport const more = "whole";\n');
      await plugin.published('"half"');
      await fence(plugin);
      expect(plugin.builds.map(({ ok }) => ok)).toEqual([true, true, true]);
    });

    test("files that are written together are built together", async () => {
      const names = Array.from({ length: 50 }, (_, number) => `part${number}`);
      const module = (name: string, version: number): string => `export const ${name} = "${name}.${version}";\n`;
      await using plugin = await WatchedPlugin.create(
        {
          ...Object.fromEntries(names.map((name) => [`${name}.ts`, module(name, 1)])),
          "index.ts": `import { definePlugin } from "hotswap";
        ${names.map((name) => `import { ${name} } from "./${name}";`).join("\n")}
        export default definePlugin({ functions: { all: () => [${names.join(", ")}] } });\n`,
        },
        incremental,
      );
      for (const name of names) writeFileSync(plugin.path(`${name}.ts`), module(name, 2));
      await plugin.published('"part49.2"');
      for (const name of names) expect(await plugin.artifact()).toContain(`"${name}.2"`);
      // An event that comes late may have it built once more, to the same.
      expect(plugin.builds.filter((built) => !built.ok || !built.result.unchanged)).toHaveLength(2);
    });
  });

  describe("no edit is lost", () => {
    for (const gap of [5, 20, 60]) {
      test(`a second edit ${gap} ms after the first, 100 times`, async () => {
        // Ten plugins side by side: the gaps are what takes time.
        const tries = Array.from({ length: 10 }, async (_, number) => {
          await using plugin = await create();
          for (let attempt = 0; attempt < 10; attempt++) {
            const [first, second] = [`${number}.${attempt}.a`, `${number}.${attempt}.b`];
            writeFileSync(plugin.path("value.ts"), valueModule(first));
            await Bun.sleep(gap);
            writeFileSync(plugin.path("value.ts"), valueModule(second));
            await plugin.published(`"${second}"`);
          }
          expect(plugin.builds.every(({ ok }) => ok)).toBe(true);
        });
        await Promise.all(tries);
      });
    }

    test("edits as fast as they come end with the last", async () => {
      await using plugin = await create();
      for (let edit = 0; edit < 200; edit++) {
        writeFileSync(plugin.path("value.ts"), valueModule(`edit ${edit}`));
        await Bun.sleep(0);
      }
      await plugin.published('"edit 199"');
      expect(plugin.builds.every(({ ok }) => ok)).toBe(true);
    });
  });

  describe("what belongs to the source", () => {
    test("files and folders that come later", async () => {
      await using plugin = await create();
      mkdirSync(plugin.path("deep/er"), { recursive: true });
      writeFileSync(plugin.path("deep/er/late.ts"), 'export const late = "late 1";\n');
      writeFileSync(plugin.path("value.ts"), 'export { late as value } from "./deep/er/late";\n');
      await plugin.published('"late 1"');
      writeFileSync(plugin.path("deep/er/late.ts"), 'export const late = "late 2";\n');
      await plugin.published('"late 2"');
      mkdirSync(plugin.project.path("aside"));
      writeFileSync(plugin.project.path("aside/late.ts"), 'export const late = "late 3";\n');
      renameSync(plugin.path("deep/er"), plugin.path("deep/old"));
      renameSync(plugin.project.path("aside"), plugin.path("deep/er"));
      await plugin.published('"late 3"');
    });

    test("a file that is missing is an error, and the artifact stays; when it comes back, it is built", async () => {
      await using plugin = await create();
      rmSync(plugin.path("value.ts"));
      await plugin.until(() => plugin.builds.at(-1)?.ok === false);
      expect(await plugin.artifact()).toContain('"first"');
      writeFileSync(plugin.path("value.ts"), valueModule("back"));
      await plugin.published('"back"');
    });

    test("data that a build lacked, and data that it used", async () => {
      await using plugin = await create();
      writeFileSync(plugin.path("value.ts"), 'import data from "./data.json";\nexport const value = data.text;\n');
      await plugin.until(() => plugin.builds.at(-1)?.ok === false);
      writeFileSync(plugin.path("data.json"), '{ "text": "data 1" }\n');
      await plugin.published("data 1");
      writeFileSync(plugin.path("data.json"), '{ "text": "data 2" }\n');
      await plugin.published("data 2");
    });

    test("what is not source causes no build", async () => {
      await using plugin = await create();
      mkdirSync(plugin.path("node_modules/package"), { recursive: true });
      mkdirSync(plugin.path(".git"));
      for (const name of ["node_modules/package/index.js", ".git/index.ts", ".value.ts.swp", "value.ts~", "4913"]) {
        writeFileSync(plugin.path(name), "export {};\n");
        appendFileSync(plugin.path(name), "export {};\n");
      }
      await fence(plugin);
      expect(plugin.builds).toHaveLength(2);
    });

    test("what a program writes beside its source is not published", async () => {
      await using plugin = await create();
      for (let line = 0; line < 20; line++) {
        appendFileSync(plugin.path("run.log"), `line ${line}\n`);
        await Bun.sleep(1);
      }
      await fence(plugin);
      expect(plugin.builds.filter((built) => !built.ok || !built.result.unchanged)).toHaveLength(2);
    });

    test("the plugin's folder may be replaced by another", async () => {
      await using plugin = await create();
      const { project } = plugin;
      await project.write({ "next/index.ts": index, "next/value.ts": valueModule("replaced") });
      renameSync(project.path("plugin/alpha"), project.path("old"));
      renameSync(project.path("next"), project.path("plugin/alpha"));
      await plugin.published('"replaced"');
      await fence(plugin);
    });
  });
});
