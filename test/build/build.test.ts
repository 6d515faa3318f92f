import { describe, expect, test } from "bun:test";
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readArtifact } from "../../src/artifact/read-artifact.ts";
import { LIVE_EXPORT } from "../../src/artifact/manifest.ts";
import { build } from "../../src/build/index.ts";
import { createProject, type Files } from "../support/project.ts";
import { runArtifact } from "./support/run-artifact.ts";

const definition = `import { definePlugin } from "hotswap";\nexport default definePlugin({});\n`;

const alpha: Files = {
  "plugin/alpha/index.ts": `import { definePlugin } from "hotswap";
import { registry } from "../../host/registry.ts";
import { shout } from "./lib/shout";
import table from "./table.json";
import text from "./note.txt";

interface Greeting { readonly text: string }

export function greet(name: string): Greeting {
  registry.push(name);
  return { text: shout(name) + table.mark + text };
}

export function fail(): never {
  throw new Error("on purpose");
}

export default definePlugin({ functions: { greet } });
`,
  "plugin/alpha/lib/shout.ts": `export const shout = (text: string): string => text.toUpperCase();\n`,
  "plugin/alpha/table.json": `{ "mark": "!" }\n`,
  "plugin/alpha/note.txt": "…ü",
  "host/registry.ts": "export const registry: string[] = [];\n",
};

describe("an artifact", () => {
  test("9 is one file named after the plugin's folder, with everything that belongs to the plugin", async () => {
    await using project = await createProject(alpha);
    const result = await project.build("alpha");
    expect(result.file).toBe(project.path("bin", "alpha.js"));
    expect(await readdir(project.out)).toEqual(["alpha.js"]);
    expect(result).toMatchObject({ name: "alpha", unchanged: false, warnings: [] });
    expect(result.size).toBe((await readFile(result.file)).length);
    expect(result.modules).toContain("plugin/alpha/lib/shout.ts");
    expect(await readArtifact(result.file)).toMatchObject({ hash: result.hash, manifest: result.manifest });
    expect(result.manifest.hostModules).toEqual([
      { specifier: "./host/registry.ts", names: ["registry"], lazy: false },
      { specifier: "hotswap", names: ["definePlugin"], lazy: false },
    ]);
    using running = await runArtifact(project, result);
    expect(running.call("greet", "ada")).toEqual({ text: "ADA!…ü" });
    expect(running.exports[LIVE_EXPORT]).toEqual({ funcs: {}, types: {} });
  });

  test("9 has stack traces with the lines and columns of the TypeScript source, minified or not", async () => {
    await using project = await createProject(alpha);
    for (const buildFlags of [[], ["--minify"]]) {
      using running = await runArtifact(project, await project.build("alpha", { buildFlags }));
      const error = await Promise.try(() => running.call("fail")).catch((reason: Error) => reason);
      expect((error as Error).stack).toContain("plugin/alpha/index.ts:15:13");
    }
  });

  test("9 says in its source map where the sources lie in the project, and nothing about the machine", async () => {
    await using project = await createProject(alpha);
    const text = await Bun.file((await project.build("alpha")).file).text();
    const map = JSON.parse(atob(/base64,([^\n]+)\n$/.exec(text)?.[1] ?? "")) as Record<string, unknown>;
    expect(map["sources"]).toContain("plugin/alpha/lib/shout.ts");
    expect(Object.keys(map).toSorted()).toEqual(["mappings", "names", "sources", "sourcesContent", "version"]);
    for (const told of [text, JSON.stringify(map)]) {
      expect(told).not.toContain(project.root);
      expect(told).not.toContain(import.meta.dir);
      expect(told).not.toContain("debugId");
    }
  });

  test("9 is published again only when it changed", async () => {
    await using project = await createProject(alpha);
    const first = await project.build("alpha");
    const { ino } = await Bun.file(first.file).stat();
    expect(await project.build("alpha")).toMatchObject({ unchanged: true, hash: first.hash });
    expect((await Bun.file(first.file).stat()).ino).toBe(ino);
    await project.write({ "plugin/alpha/table.json": `{ "mark": "?" }\n` });
    const second = await project.build("alpha");
    expect(second.unchanged).toBe(false);
    expect(second.hash).not.toBe(first.hash);
  });

  test("9 is the same, byte for byte, wherever the project lies, whatever the current folder and the environment", async () => {
    const files: Files = {
      ...alpha,
      "plugin/alpha/env.ts": `import { counter } from "../../host/counter";
        export const mode = process.env.NODE_ENV;
        export const view = () => counter;
        export function live_mode() { return mode; }`,
      "host/counter.ts": "export let counter = 0;",
    };
    await using here = await createProject(files);
    await using there = await createProject();
    const moved = Object.entries({ ...files, "package.json": await readFile(here.path("package.json"), "utf8") });
    await there.write(Object.fromEntries(moved.map(([path, text]) => [join("deeper", "down", path), text])));
    const roots = [here.root, there.path("deeper", "down")];
    const hashes = new Set<string>();
    for (const root of roots) {
      for (const cwd of [root, join(root, "host"), "/"]) {
        for (const mode of ["production", "development"]) {
          const { exitCode, stdout, stderr } = Bun.spawnSync(
            [
              process.execPath,
              join(import.meta.dir, "../../cli/main.ts"),
              "build",
              join(root, "plugin/alpha"),
              here.path(mode),
            ],
            { cwd, env: { ...process.env, NODE_ENV: mode } },
          );
          expect({ exitCode, stderr: stderr.toString() }).toEqual({ exitCode: 0, stderr: "" });
          hashes.add((await readArtifact(stdout.toString().trim())).hash);
        }
      }
    }
    expect(hashes.size).toBe(1);
  });

  test("9 a reader in another process decodes a whole artifact at any moment of 200 rebuilds", async () => {
    await using project = await createProject({ "plugin/alpha/index.ts": `${definition}export const mark = 0;\n` });
    const { file } = await project.build("alpha");
    const ready = Promise.withResolvers<void>();
    const report = Promise.withResolvers<{ seen: number; failures: string[] }>();
    await using reader = Bun.spawn([process.execPath, join(import.meta.dir, "../artifact/polling-reader.ts"), file], {
      ipc: (message) => (message === "ready" ? ready.resolve() : report.resolve(message)),
      stdio: ["ignore", "inherit", "inherit"],
    });
    await ready.promise;
    for (let mark = 1; mark <= 200; mark++) {
      await project.write({ "plugin/alpha/index.ts": `${definition}export const mark = ${mark};\n` });
      await project.build("alpha");
    }
    reader.send("stop");
    const { seen, failures } = await report.promise;
    expect(failures).toEqual([]);
    expect(seen).toBeGreaterThan(1);
    await reader.exited;
  });

  test("9 the same plugin under another name is another artifact", async () => {
    await using project = await createProject(alpha);
    await mkdir(project.path("plugin", "beta", "lib"), { recursive: true });
    for (const file of ["index.ts", "lib/shout.ts", "table.json", "note.txt"]) {
      await copyFile(project.path("plugin", "alpha", file), project.path("plugin", "beta", file));
    }
    const [first, second] = await project.buildAll("alpha", "beta");
    expect(second?.manifest.name).toBe("beta");
    expect(second?.hash).not.toBe(first?.hash);
  });

  test("2.1 a root module may be index.ts, .tsx, .mts, .js, .mjs or .jsx", async () => {
    for (const extension of ["ts", "tsx", "mts", "js", "mjs", "jsx"]) {
      await using project = await createProject({
        [`plugin/alpha/index.${extension}`]: `import { definePlugin } from "hotswap";\nexport const mark = 1;\nexport default definePlugin({});`,
      });
      using running = await runArtifact(project, await project.build("alpha"));
      expect(running.exports["mark"]).toBe(1);
    }
  });

  test("2.1 an empty output folder path that does not exist is made", async () => {
    await using project = await createProject(alpha);
    const outputDir = project.path("made", "for", "it");
    expect((await build({ pluginDir: project.path("plugin/alpha"), outputDir })).file).toBe(
      join(outputDir, "alpha.js"),
    );
  });

  test("2.4 the code sees the host's NODE_ENV at run time, not that of the build", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": `import { definePlugin } from "hotswap";\nexport const mode = () => process.env.NODE_ENV;\nexport default definePlugin({});`,
    });
    using running = await runArtifact(project, await project.build("alpha"));
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = "a-mode-of-its-own";
    try {
      expect(running.call("mode")).toBe("a-mode-of-its-own");
    } finally {
      if (before === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = before;
    }
  });
});
