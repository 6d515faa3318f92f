import { readSections } from "../../src/artifact/decode.ts";
import { readArtifact } from "../../src/artifact/read-artifact.ts";
import { build, type BuildResult, createBuilder } from "../../src/build/index.ts";
import { type Built, PluginBuilder } from "../../src/dev/source/plugin-builder.ts";
import { createProject, type Files, type Project } from "../support/project.ts";

/** A plugin whose source is watched, and what was built of it. */
export class WatchedPlugin implements AsyncDisposable {
  readonly project: Project;
  /** Every build so far. */
  readonly builds: Built<BuildResult>[] = [];
  readonly #builder: PluginBuilder<BuildResult>;
  #more = Promise.withResolvers<void>();

  private constructor(project: Project, incremental: boolean) {
    this.project = project;
    this.#builder = new PluginBuilder({
      build: { pluginDir: project.path("plugin/alpha"), outputDir: project.out },
      builderOf: (options) => {
        if (!incremental) return { build: () => build(options) };
        const builder = createBuilder(options);
        return { build: () => builder.build() };
      },
      filesOf: ({ modules }) => modules.map((module) => this.project.path(module)),
      persistent: true,
      onBuilt: (built) => {
        this.builds.push(built);
        this.#wake();
      },
      onIdle: () => this.#wake(),
      onError: (error) => {
        throw error;
      },
    });
  }

  /** Resolves when the first build is over. `files` lie in the plugin's folder. */
  static async create(files: Files, incremental: boolean): Promise<WatchedPlugin> {
    const inFolder = Object.entries(files).map(([path, content]) => [`plugin/alpha/${path}`, content] as const);
    const plugin = new WatchedPlugin(await createProject(Object.fromEntries(inFolder)), incremental);
    await plugin.until(() => plugin.builds.length > 0);
    return plugin;
  }

  /** The path of a file of the plugin. */
  path(name: string): string {
    return this.project.path("plugin/alpha", name);
  }

  /** Resolves when nothing is being built and `fulfilled` answers true. */
  async until(fulfilled: () => boolean): Promise<void> {
    for (let more = this.#more.promise; this.#builder.busy || !fulfilled(); more = this.#more.promise) await more;
  }

  /** The code of the artifact. */
  async artifact(): Promise<string> {
    const file = this.project.path("bin/alpha.js");
    const { bytes, manifest } = await readArtifact(file);
    return [Buffer.from(bytes).toString(), ...readSections(bytes, manifest, file)].join("\n");
  }

  /** Resolves when the artifact contains `text`, and nothing is being built. */
  async published(text: string): Promise<void> {
    for (;;) {
      const more = this.#more.promise;
      if (!this.#builder.busy && (await this.artifact()).includes(text)) return;
      await more;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#builder.close();
    await this.project[Symbol.asyncDispose]();
  }

  #wake(): void {
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }
}
