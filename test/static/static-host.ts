import { PluginManagerSwapper, type StaticPlugin, type SwapperOptions } from "hotswap";
import { mkdir } from "node:fs/promises";
import { buildStatic, type StaticBuildOptions } from "../../src/build/index.ts";
import { journal, type Journal } from "../support/host.ts";
import { RecordingLogger } from "../support/logger.ts";
import { createProject, type Files, type Project } from "../support/project.ts";

/** A host whose plugins are linked statically, with what they wrote to its journal. */
export class StaticHost<Extension = undefined> implements AsyncDisposable {
  readonly project: Project;
  readonly staticPlugins: Readonly<Record<string, StaticPlugin>>;
  readonly logger = new RecordingLogger();
  readonly swapper: PluginManagerSwapper<Extension>;
  readonly #journal: Journal;

  constructor(
    project: Project,
    staticPlugins: Readonly<Record<string, StaticPlugin>>,
    journalModule: Journal,
    options: SwapperOptions<Extension>,
  ) {
    this.project = project;
    this.staticPlugins = staticPlugins;
    this.#journal = journalModule;
    this.swapper = new PluginManagerSwapper<Extension>("", { logger: this.logger, staticPlugins, ...options });
  }

  takeEvents(): string[] {
    return this.#journal.events.splice(0);
  }

  get wishes(): Map<string, unknown> {
    return this.#journal.wishes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.swapper.close({ timeout: 0 });
    await this.project[Symbol.asyncDispose]();
  }
}

/** A project with these plugins, and code that links them statically in its folder `static`. Nothing is evaluated yet. */
export async function createStaticProject(
  plugins: Readonly<Record<string, string>>,
  files: Files = {},
  options: Partial<StaticBuildOptions> = {},
): Promise<Project> {
  const sources = Object.entries(plugins).map(([name, source]) => [`plugin/${name}/index.ts`, source] as const);
  const project = await createProject({ "journal.ts": journal, ...Object.fromEntries(sources), ...files });
  await mkdir(project.path("static"));
  for (const name of Object.keys(plugins)) await linkStatically(project, name, options);
  return project;
}

export async function linkStatically(project: Project, name: string, options: Partial<StaticBuildOptions> = {}) {
  return buildStatic({ pluginDir: project.path("plugin", name), outputDir: project.path("static"), ...options });
}

/** A host with these plugins linked statically and not yet loaded. */
export async function createStaticHost<Extension = undefined>(
  plugins: Readonly<Record<string, string>>,
  options: SwapperOptions<Extension> = {},
  files: Files = {},
  buildOptions: Partial<StaticBuildOptions> = {},
): Promise<StaticHost<Extension>> {
  const project = await createStaticProject(plugins, files, buildOptions);
  const { staticPlugins } = (await import(project.path("static", "index.ts"))) as Pick<StaticHost, "staticPlugins">;
  const journalModule = (await import(project.path("journal.ts"))) as Journal;
  journalModule.events.length = 0;
  return new StaticHost(project, staticPlugins, journalModule, options);
}
