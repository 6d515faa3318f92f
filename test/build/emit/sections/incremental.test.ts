import { describe, expect, spyOn, test } from "bun:test";
import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { mkdir, readFile, rename, symlink } from "node:fs/promises";
import {
  BuildError,
  type BuildOptions,
  type BuildResult,
  type Builder,
  createBuilder,
} from "../../../../src/build/index.ts";
import * as compile from "../../../../src/build/compile/compile.ts";
import { createProject, type Files, type Project } from "../../../support/project.ts";
import { complaints } from "../../support/build-failure.ts";
import { runArtifact } from "../../support/run-artifact.ts";

const index = (code: string): string =>
  `import { definePlugin } from "hotswap";\n${code}\nexport default definePlugin({});\n`;

/** Three modules in a row, and a live one beside them. */
const chain: Files = {
  "plugin/alpha/index.ts": index(`import { b } from "./b"; export const result = () => b;`),
  "plugin/alpha/b.ts": `import { c } from "./c"; export const b = "b1" + c;`,
  "plugin/alpha/c.ts": `export const c = "c1";`,
  "plugin/alpha/live.ts": `export const live_d = () => "d1";`,
};

/** A plugin that one builder builds again and again. */
class Subject implements AsyncDisposable {
  readonly project: Project;
  readonly builder: Builder;

  constructor(project: Project) {
    this.project = project;
    this.builder = builderOf(project);
  }

  static async create(files: Files): Promise<Subject> {
    return new Subject(await createProject(files));
  }

  async write(files: Files): Promise<void> {
    await this.project.write(
      Object.fromEntries(Object.entries(files).map(([path, text]) => [`plugin/alpha/${path}`, text])),
    );
  }

  /** What the artifact of the next build does; it must be the very one that a builder without a history makes. */
  async result(): Promise<unknown> {
    const built = await this.builder.build();
    const fresh = await builderOf(this.project, { outputDir: this.project.path("fresh") }).build();
    expect(fresh.hash).toBe(built.hash);
    expect(readFileSync(fresh.file).equals(readFileSync(built.file))).toBe(true);
    expect(built.manifest.sections).toBeDefined();
    return resultOf(this.project, built);
  }

  /** The files that the next build compiles. */
  async compiled(): Promise<string[]> {
    const compilations = spyOn(compile, "compileModule");
    try {
      await this.builder.build();
      const sources = compilations.mock.calls.map(([, file]) => file);
      return sources.map(({ path }) => path.slice(this.project.path("plugin/alpha/").length)).toSorted();
    } finally {
      compilations.mockRestore();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.project[Symbol.asyncDispose]();
  }
}

function builderOf(project: Project, options: Partial<BuildOptions> = {}): Builder {
  return createBuilder({ pluginDir: project.path("plugin/alpha"), outputDir: project.out, ...options });
}

async function resultOf(project: Project, built: BuildResult): Promise<unknown> {
  using running = await runArtifact(project, built);
  return await running.call("result");
}

describe("a builder compiles what is new or has changed", () => {
  test("everything the first time, nothing without a change, and one module for one edit", async () => {
    await using subject = await Subject.create(chain);
    expect(await subject.compiled()).toEqual(["b.ts", "c.ts", "index.ts", "live.ts"]);
    expect(await subject.compiled()).toEqual([]);
    await subject.write({ "c.ts": `export const c = "c2";` });
    expect(await subject.compiled()).toEqual(["c.ts"]);
    await subject.write({ "live.ts": `export const live_d = () => "d2";` });
    expect(await subject.compiled()).toEqual(["live.ts"]);
    expect(await subject.result()).toBe("b1c2");
  });

  test("not a file that was only touched, or written again as it was", async () => {
    await using subject = await Subject.create(chain);
    await subject.builder.build();
    utimesSync(subject.project.path("plugin/alpha/b.ts"), 5, 5);
    await subject.write({ "c.ts": `export const c = "c1";` });
    expect(await subject.compiled()).toEqual([]);
  });

  test("not a module that nobody imports, nor one that was renamed away", async () => {
    await using subject = await Subject.create({ ...chain, "plugin/alpha/unused.ts": `export const unused = 1;` });
    await subject.builder.build();
    await subject.write({ "unused.ts": `export const unused = 2;` });
    expect(await subject.compiled()).toEqual([]);
    await subject.write({ "index.ts": index(`import { c } from "./c"; export const result = () => c;`) });
    expect(await subject.compiled()).toEqual(["index.ts"]);
    await subject.write({ "b.ts": `export const b = ;` });
    expect(await subject.compiled()).toEqual([]);
    expect(await subject.result()).toBe("c1");
  });

  test("a module again that was not imported for a while", async () => {
    await using subject = await Subject.create(chain);
    await subject.builder.build();
    const original = await readFile(subject.project.path("plugin/alpha/index.ts"), "utf8");
    await subject.write({ "index.ts": index(`export const result = () => 0;`) });
    await subject.builder.build();
    await subject.write({ "b.ts": `export const b = "b2";`, "index.ts": original });
    expect(await subject.compiled()).toEqual(["b.ts", "index.ts"]);
    expect(await subject.result()).toBe("b2");
  });
});

describe("an edit is never missed, and the artifact is the one that a builder without a history makes", () => {
  test("files that come, go, and get other names", async () => {
    await using subject = await Subject.create(chain);
    expect(await subject.result()).toBe("b1c1");
    await subject.write({
      "e.ts": `export const e = "e1";`,
      "c.ts": `import { e } from "./e"; export const c = "c2" + e;`,
    });
    expect(await subject.result()).toBe("b1c2e1");
    await subject.project.remove("plugin/alpha/e.ts");
    await subject.write({ "c.ts": `export const c = "c3";` });
    expect(await subject.result()).toBe("b1c3");
    await rename(subject.project.path("plugin/alpha/c.ts"), subject.project.path("plugin/alpha/z.ts"));
    await subject.write({ "b.ts": `import { c } from "./z"; export const b = "b2" + c;` });
    expect(await subject.result()).toBe("b2c3");
  });

  test("a file that stands before another one with the same import", async () => {
    await using subject = await Subject.create({
      ...chain,
      "plugin/alpha/c.ts": "",
      "plugin/alpha/c/index.ts": `export const c = "folder";`,
    });
    await subject.project.remove("plugin/alpha/c.ts");
    expect(await subject.result()).toBe("b1folder");
    await subject.write({ "c.ts": `export const c = "file";` });
    expect(await subject.result()).toBe("b1file");
    await subject.project.remove("plugin/alpha/c.ts");
    expect(await subject.result()).toBe("b1folder");
  });

  test("edits of the same size within one tick of the file's clock", async () => {
    await using subject = await Subject.create(chain);
    const file = subject.project.path("plugin/alpha/c.ts");
    const { atime, mtime } = statSync(file);
    for (let edit = 2; edit <= 9; edit++) {
      writeFileSync(file, `export const c = "c${edit}";`);
      utimesSync(file, atime, mtime);
      expect(await resultOf(subject.project, await subject.builder.build())).toBe(`b1c${edit}`);
    }
  });

  test("a live thing that comes, goes, and becomes another kind", async () => {
    await using subject = await Subject.create(chain);
    const live = async (): Promise<string[][]> => {
      await subject.result();
      const { manifest } = await subject.builder.build();
      return [Object.keys(manifest.liveFuncs), Object.keys(manifest.liveTypes)];
    };
    expect(await live()).toEqual([["live_d"], []]);
    await subject.write({
      "live.ts": `export class live_d {}`,
      "more.ts": `export { c as live_c } from "./c";`,
      "c.ts": `export const c = () => "c2";`,
    });
    expect(await live()).toEqual([["live_c"], ["live_d"]]);
    await subject.project.remove("plugin/alpha/more.ts");
    expect(await live()).toEqual([[], ["live_d"]]);
  });

  test("another name of the same host module, which changes while the host runs", async () => {
    await using subject = await Subject.create({
      ...chain,
      "shared.ts": `export const steady = 1; export let count = 1; export const next = () => { count++; return count; };`,
      "plugin/alpha/c.ts": `import { steady } from "../../shared"; export const c = steady;`,
    });
    expect(await subject.result()).toBe("b11");
    await subject.write({
      "b.ts": `import * as c from "./c"; export const b = c;`,
      "c.ts": `import { count, next } from "../../shared"; export const c = () => [next(), count];`,
      "index.ts": index(
        `import { b } from "./b"; export const result = () => { const [a, b_] = b.c(); return a === b_; };`,
      ),
    });
    expect(await subject.result()).toBe(true);
    await subject.write({ "c.ts": `import { steady } from "../../shared"; export const c = () => [steady, steady];` });
    expect(await subject.result()).toBe(true);
  });

  test("a file of the host, or one that it exports again, of which a name changes from now on", async () => {
    await using subject = await Subject.create({
      ...chain,
      "shared.ts": `export * from "./deep";`,
      "deep.ts": `export const count = 1;`,
      "plugin/alpha/c.ts": `import { count } from "../../shared"; export const c = count;`,
    });
    expect(await subject.result()).toBe("b11");
    const { hash } = await subject.builder.build();
    await subject.project.write({ "deep.ts": `export let count = 2; setInterval(() => count++, 1e9).unref();` });
    expect((await subject.builder.build()).hash).not.toBe(hash);
    await subject.project.write({ "deep.ts": `export const count = 1;` });
    expect((await subject.builder.build()).hash).toBe(hash);
  });

  test("a folder of the host that becomes a plugin", async () => {
    await using subject = await Subject.create({
      ...chain,
      "plugin/beta/lib.ts": `export const lib = "lib";`,
      "plugin/alpha/c.ts": `import { lib } from "../beta/lib"; export const c = lib;`,
    });
    expect(await subject.result()).toBe("b1lib");
    await subject.project.write({ "plugin/beta/index.ts": index("") });
    await expect(subject.builder.build()).rejects.toThrow("belongs to the plugin");
    await subject.project.remove("plugin/beta/index.ts");
    expect(await subject.result()).toBe("b1lib");
  });

  test("a link that leads to another file of the plugin", async () => {
    await using subject = await Subject.create({ ...chain, "plugin/alpha/real.ts": `export const c = "real";` });
    await subject.project.remove("plugin/alpha/c.ts");
    await symlink("real.ts", subject.project.path("plugin/alpha/c.ts"));
    expect(await subject.result()).toBe("b1real");
    await subject.write({ "real.ts": `export const c = "edited";` });
    expect(await subject.result()).toBe("b1edited");
  });

  test("carried files, and the definition's own file", async () => {
    await using project = await createProject({ ...chain, "plugin/alpha/notes.md": "one" });
    const builder = builderOf(project, { include: "md$" });
    const first = await builder.build();
    expect(await builder.build()).toMatchObject({ unchanged: true, hash: first.hash });
    await project.write({ "plugin/alpha/notes.md": "two" });
    const second = await builder.build();
    expect(second).toMatchObject({ unchanged: false, manifest: { assets: [{ path: "notes.md", size: 3 }] } });
    expect(second.hash).not.toBe(first.hash);
  });
});

describe("a failing edit", () => {
  const failing: Readonly<Record<string, Files>> = {
    "a syntax error": { "c.ts": `export const c = ;` },
    "a syntax error in a file that nobody imports, with a live name": { "other.ts": `export const live_x = ;` },
    "a name that is not exported": { "c.ts": `export const d = 1;` },
    "a default that is not exported": { "b.ts": `import c from "./c"; export const b = c;` },
    "a file that is not there": { "c.ts": `export { c } from "./nowhere";` },
    "a package that is not there": { "c.ts": `export { c } from "no-such-package";` },
    "an import of another plugin": { "c.ts": `export { c } from "../beta/index";` },
    "export * of the host": { "c.ts": `export * from "../../shared";` },
    "what is not for plugins": { "c.ts": `import { build } from "hotswap/build"; export const c = build;` },
    "two live things of one name": { "other.ts": `export const live_d = () => 1;` },
    "a live thing that is none": { "other.ts": `export const live_e = 5;` },
    "no definition": { "index.ts": `export const result = () => 1;` },
    "an unknown hook": {
      "index.ts": `import { definePlugin } from "hotswap"; export const result = () => 1; export default definePlugin({ onload() {} } as object);`,
    },
    "an assignment to an import": { "b.ts": `import { c } from "./c"; c = 1; export const b = c;` },
    "a name that is declared twice": { "c.ts": `export const c = 1; export const c = 2;` },
  };

  test.each(Object.entries(failing))(
    "is the error that a build of the whole gives, and is forgotten: %s",
    async (_, files) => {
      await using subject = await Subject.create({
        ...chain,
        "shared.ts": `export const c = 1;`,
        "plugin/beta/index.ts": index("export const c = 1;"),
      });
      const { file } = await subject.builder.build();
      const before = readFileSync(file);
      await subject.write(files);
      const whole = await complaints(subject.project, "alpha", { outputDir: subject.project.path("whole") });
      const error: unknown = await subject.builder.build().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(BuildError);
      const shown = (error as BuildError).diagnostics.map(
        ({ file: path, line, column, message }) =>
          `${path.slice(subject.project.root.length + 1)}:${line}:${column} ${message}`,
      );
      expect(shown).toEqual(whole);
      expect(readFileSync(file).equals(before)).toBe(true);
      for (const path of Object.keys(files))
        if (chain[`plugin/alpha/${path}`] === undefined) await subject.project.remove(`plugin/alpha/${path}`);
      await subject.project.write(chain);
      await subject.write({ "c.ts": `export const c = "mended";` });
      expect(await subject.result()).toBe("b1mended");
    },
  );

  test("a plugin that is gone, and comes back", async () => {
    await using subject = await Subject.create(chain);
    await subject.builder.build();
    await subject.project.remove("plugin/alpha/index.ts");
    await expect(subject.builder.build()).rejects.toThrow("it has no root module");
    await subject.project.write(chain);
    expect(await subject.result()).toBe("b1c1");
  });

  test("a file that is no module of its own and is gone while it is still imported", async () => {
    await using subject = await Subject.create({
      ...chain,
      "plugin/alpha/c.test.ts": `export const c = "test";`,
      "plugin/alpha/b.ts": `import { c } from "./c.test"; export const b = c;`,
    });
    expect(await subject.result()).toBe("test");
    await subject.project.remove("plugin/alpha/c.test.ts");
    await expect(subject.builder.build()).rejects.toThrow(`Could not resolve: "./c.test"`);
  });

  test("warnings are those of a build of the whole", async () => {
    await using subject = await Subject.create(chain);
    await subject.write({
      "c.ts": `export const c = typeof Math.random() === "nothing" ? 1 : { a: 1, a: 2 }.a ; export const load = (name: string) => import(name); const live_hidden = () => 1; void live_hidden;`,
    });
    const whole = await subject.project.build("alpha", { outputDir: subject.project.path("whole") });
    expect((await subject.builder.build()).warnings).toEqual(whole.warnings);
    expect(whole.warnings.length).toBeGreaterThan(1);
  });
});

describe("the same source gives the same bytes", () => {
  test("wherever the project lies, and wherever the build is started", async () => {
    const files: Files = {
      ...chain,
      "plugin/alpha/größe/名前.tsx": `enum E { A } export const n = E.A;`,
      "plugin/alpha/c.ts": `import { n } from "./größe/名前"; export enum F { B = "c1" } export const c = F.B + n;`,
    };
    const hashes = new Set<string>();
    const from = process.cwd();
    try {
      for (const place of [from, "/", undefined, undefined]) {
        await using subject = await Subject.create(files);
        process.chdir(place ?? subject.project.path("plugin"));
        const built = await subject.builder.build();
        hashes.add(built.hash);
        const text = await readFile(built.file, "utf8");
        expect(text).not.toContain(subject.project.root.slice(1));
        expect(await subject.result()).toBe("b1c10");
      }
    } finally {
      process.chdir(from);
    }
    expect(hashes.size).toBe(1);
  });

  test("builds of one builder follow each other, and each sees what was written before it", async () => {
    await using subject = await Subject.create(chain);
    const builds: Promise<BuildResult>[] = [];
    for (let edit = 0; edit < 5; edit++) {
      writeFileSync(subject.project.path("plugin/alpha/c.ts"), `export const c = "${edit}";`);
      builds.push(subject.builder.build());
    }
    const results = await Promise.all(builds);
    expect(await resultOf(subject.project, results.at(-1) as BuildResult)).toBe("b14");
    expect(new Set(results.map(({ file }) => file)).size).toBe(1);
  });

  test("what beforePublish throws ends the build, and the next one is whole", async () => {
    await using project = await createProject(chain);
    let refuse = true;
    const builder = builderOf(project, {
      beforePublish: () => {
        if (refuse) throw new Error("not now");
      },
    });
    await expect(builder.build()).rejects.toThrow("not now");
    await mkdir(project.out, { recursive: true });
    refuse = false;
    expect(await resultOf(project, await builder.build())).toBe("b1c1");
  });
});
