import { HotswapError, PluginManagerSwapper, type SwapperOptions } from "hotswap";
import { createProject, type Files, type Project, type ProjectOptions } from "./project.ts";
import { RecordingLogger } from "./logger.ts";

/** A host module that plugins of a test write to, so that their order can be seen: `import { log } from "../../journal"`. */
export const journal = `
export const events: string[] = [];
export const log = (event: string) => { events.push(event); };
/** What a test wants the plugins to do. */
export const wishes = new Map<string, unknown>();
`;

export interface Journal {
  readonly events: string[];
  readonly wishes: Map<string, unknown>;
}

/** A project with plugins, a swapper for them, and what both of them say. */
export class Host<Extension = undefined> implements AsyncDisposable {
  readonly project: Project;
  readonly swapper: PluginManagerSwapper<Extension>;
  readonly logger: RecordingLogger;
  readonly #journal: Journal;

  constructor(
    project: Project,
    swapper: PluginManagerSwapper<Extension>,
    logger: RecordingLogger,
    journalModule: Journal,
  ) {
    this.project = project;
    this.swapper = swapper;
    this.logger = logger;
    this.#journal = journalModule;
  }

  /** What plugins logged since the last time, in order. */
  takeEvents(): string[] {
    return this.#journal.events.splice(0);
  }

  get wishes(): Map<string, unknown> {
    return this.#journal.wishes;
  }

  /** Writes the plugin's root module and builds it. */
  async change(name: string, source: string): Promise<void> {
    await this.project.write({ [`plugin/${name}/index.ts`]: source });
    await this.project.build(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.swapper.close({ timeout: 0 });
    await this.project[Symbol.asyncDispose]();
  }
}

/**
 * A host with these plugins built and not yet loaded. `plugins` are the sources of root modules by name; sets that were
 * swapped out are freed without delay, and reloads follow each other without a rest.
 */
export async function createHost<Extension = undefined>(
  plugins: Readonly<Record<string, string>>,
  options: SwapperOptions<Extension> = {},
  files: Files = {},
  projectOptions?: ProjectOptions,
): Promise<Host<Extension>> {
  const sources = Object.entries(plugins).map(([name, source]) => [`plugin/${name}/index.ts`, source] as const);
  const project = await createProject(
    { "journal.ts": journal, ...Object.fromEntries(sources), ...files },
    projectOptions,
  );
  await project.buildAll(...Object.keys(plugins));
  const logger = new RecordingLogger();
  const swapper = new PluginManagerSwapper<Extension>(project.out, {
    logger,
    freeDelay: 0,
    root: project.root,
    ...options,
  });
  return new Host(project, swapper, logger, (await import(project.path("journal.ts"))) as Journal);
}

/** The error that `promise` rejects with; fails when it is none of ours or when there is none. */
export async function hotswapError(promise: Promise<unknown>): Promise<HotswapError> {
  const error: unknown = await promise.then(
    (value) => new TypeError(`expected a HotswapError, got the value ${Bun.inspect(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof HotswapError) return error;
  throw error;
}

/** The source of a plugin that logs every hook with its name and `version`. */
export function journalPlugin(name: string, deps: readonly string[] = [], version = 1): string {
  const slots = deps.map((dep) => `${dep}: dependency<{ version(): number }>("version")`).join(", ");
  return `
import { definePlugin, dependency } from "hotswap";
import { log, wishes } from "../../journal";

log("${name}.evaluate");
const deps = { ${slots} };

/** Does what the test wishes to happen in this hook. */
function hook(phase: string): any {
  log("${name}." + phase);
  const wish = wishes.get("${name}." + phase);
  if (typeof wish === "function") return wish();
}

export default definePlugin({
  reloadable() { return hook("reloadable") ?? true; },
  export() { hook("export"); return { version: () => ${version} }; },
  import() { hook("import"); return deps; },
  onLoad() { return hook("onLoad"); },
  onInit() { return hook("onInit"); },
  onFree() { return hook("onFree"); },
  functions: {
    version: () => ${version},
    versions: () => [${version}, ${deps.map((dep) => `deps.${dep}.version()`).join(", ")}],
  },
});
`;
}
