import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build, type BuildOptions, type BuildResult } from "../../src/build/index.ts";

const checkout = join(import.meta.dir, "..", "..");

/** Files by path, relative to the project's root. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

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

  constructor(root: string) {
    this.root = root;
    this.out = join(root, "bin");
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
    return build({ pluginDir: this.path("plugin", name), outputDir: this.out, ...options });
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
export async function createProject(files: Files = {}): Promise<Project> {
  const project = new Project(await realpath(await mkdtemp(join(tmpdir(), "hotswap-test-"))));
  await project.write({ "package.json": `{ "name": "sample", "type": "module" }\n`, ...files });
  await mkdir(project.out, { recursive: true });
  await mkdir(project.path("node_modules"), { recursive: true });
  await symlink(checkout, project.path("node_modules", "hotswap"), "dir");
  return project;
}
