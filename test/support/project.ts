import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build, type Builder, type BuildOptions, type BuildResult, createBuilder } from "../../src/build/index.ts";

const checkout = join(import.meta.dir, "..", "..");

/** Files by path, relative to the project's root. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

export interface ProjectOptions {
  /** Plugins are built as `hotswap dev` does: their modules are kept apart. Not set: they are bundled. */
  readonly apart?: boolean;
}

/**
 * A project of its own in a temporary folder, in which `hotswap` can be imported as an outsider would. Deleted when
 * disposed:
 *
 *     await using project = await createProject({ "plugin/alpha/index.ts": "..." });
 *     await project.build("alpha");
 */
export class Project implements AsyncDisposable {
  readonly root: string;
  /** Where {@link Project.build} puts artifacts. */
  readonly out: string;
  /** By the names of plugins; `undefined` when modules are bundled. */
  readonly #builders: Map<string, Builder> | undefined;

  constructor(root: string, { apart = false }: ProjectOptions = {}) {
    this.root = root;
    this.out = join(root, "bin");
    this.#builders = apart ? new Map() : undefined;
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  async write(files: Files): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const file = this.path(path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  }

  /** Builds `plugin/<name>` into the output folder with the real builder. */
  async build(name: string, options: Partial<BuildOptions> = {}): Promise<BuildResult> {
    const filled = { pluginDir: this.path("plugin", name), outputDir: this.out, ...options };
    if (this.#builders === undefined) return build(filled);
    const builder = this.#builders.get(name) ?? createBuilder(filled);
    this.#builders.set(name, builder);
    const built = await builder.build();
    if (built.manifest.sections === undefined) throw new Error(`the modules of ${name} were not kept apart`);
    return built;
  }

  async buildAll(...names: string[]): Promise<BuildResult[]> {
    return Promise.all(names.map((name) => this.build(name)));
  }

  async remove(path: string): Promise<void> {
    await rm(this.path(path), { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** A fresh project with a `package.json`, `files`, and an empty output folder. */
export async function createProject(files: Files = {}, options?: ProjectOptions): Promise<Project> {
  const project = new Project(await realpath(await mkdtemp(join(tmpdir(), "hotswap-test-"))), options);
  await project.write({ "package.json": `{ "name": "sample", "type": "module" }\n`, ...files });
  await mkdir(project.out, { recursive: true });
  await mkdir(project.path("node_modules"), { recursive: true });
  await symlink(checkout, project.path("node_modules", "hotswap"), "dir");
  return project;
}
