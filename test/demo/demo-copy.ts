import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "../../src/build/index.ts";
import { Child } from "../support/child.ts";
import { createProject, type Project } from "../support/project.ts";

const checkout = join(import.meta.dir, "..", "..");

/** A demo in a project of its own, where a test may change it. */
export class DemoCopy implements AsyncDisposable {
  readonly name: string;
  readonly project: Project;
  /** The folder for temporary files of the demo's processes. */
  readonly #temporary: string;

  private constructor(name: string, project: Project, temporary: string) {
    this.name = name;
    this.project = project;
    this.#temporary = temporary;
  }

  static async create(name: string): Promise<DemoCopy> {
    const project = await createProject();
    for (const folder of ["kit", name]) {
      await cp(join(checkout, "demo", folder), project.path("demo", folder), {
        recursive: true,
        filter: (path) => basename(path) !== "bin",
      });
    }
    const temporary = project.path("tmp");
    await mkdir(temporary);
    return new DemoCopy(name, project, temporary);
  }

  /** A path in the demo's folder. */
  path(...parts: string[]): string {
    return this.project.path("demo", this.name, ...parts);
  }

  /** Replaces text in a source file. Throws when it is not there. */
  async edit(file: string, before: string, after: string): Promise<void> {
    const source = await readFile(this.path(file), "utf8");
    if (!source.includes(before)) throw new Error(`${file} has no ${JSON.stringify(before)}`);
    await this.project.write({ [join("demo", this.name, file)]: source.replace(before, after) });
  }

  /** Builds one plugin with this mark. */
  async build(plugin: string, mark: string): Promise<void> {
    await build({
      pluginDir: this.path("plugin", plugin),
      outputDir: this.path("bin", "plugins"),
      buildFlags: ["--define", `BUILD_MARK=${JSON.stringify(mark)}`],
    });
  }

  /** Runs one of the demo's scripts, from the project's root as a user would. */
  run(script: string, ...parameters: string[]): Child {
    return new Child([process.execPath, "run", join("demo", this.name, script), ...parameters], {
      cwd: this.project.root,
      env: { TMPDIR: this.#temporary, BUN_TMPDIR: this.#temporary },
    });
  }

  /** Runs `run.ts` until it answers. */
  async start(...parameters: string[]): Promise<DemoProcess> {
    const child = this.run("run.ts", ...parameters);
    const [, url = ""] = /answers on (\S+),/.exec(await child.line(/answers on/)) ?? [];
    return new DemoProcess(child, url);
  }

  /** Runs `reload.ts` to its end. */
  async reload(): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    await using child = this.run("reload.ts");
    const code = await child.exit();
    return { code, stdout: child.stdout, stderr: child.stderr };
  }

  /** What the demo's processes left on disk besides artifacts and generated code. */
  async leftovers(): Promise<string[]> {
    const bin = await readdir(this.path("bin"));
    return [...bin.filter((name) => name !== "plugins" && name !== "static"), ...(await readdir(this.#temporary))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.project[Symbol.asyncDispose]();
  }
}

/** A demo's running server. */
export class DemoProcess implements AsyncDisposable {
  readonly child: Child;
  readonly url: string;

  constructor(child: Child, url: string) {
    this.child = child;
    this.url = url;
  }

  get pid(): number {
    return this.child.pid;
  }

  /** What the server says of itself. */
  async status(): Promise<unknown> {
    return (await fetch(`${this.url}/status`)).json();
  }

  /** The lines that it answers. */
  async lines(): Promise<string[]> {
    return (await (await fetch(this.url)).text()).split("\n");
  }

  /** Ends it as Ctrl-C or a service manager does. */
  async stop(): Promise<number> {
    this.child.kill("SIGTERM");
    return this.child.exit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child[Symbol.asyncDispose]();
  }
}
