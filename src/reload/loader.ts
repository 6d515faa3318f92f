import { ArtifactCache } from "../load/artifact-cache.ts";
import { Generation, type LoadedCode } from "../load/generation.ts";
import { type GenerationRecord, GenerationRegistry } from "../load/generation-record.ts";
import { HostModules } from "../load/host-modules.ts";
import { loadArtifact } from "../load/load.ts";
import type { FoundArtifact } from "../load/scan.ts";
import { loadStatic } from "../load/static.ts";
import { UncaughtErrors } from "../load/uncaught.ts";
import type { FilledOptions } from "./options.ts";

/** The options that loading depends on. */
type LoaderOptions = Pick<
  FilledOptions<unknown>,
  "logger" | "onPluginError" | "hookTimeout" | "leakAfter" | "asyncContext" | "root" | "staticPlugins"
>;

/** Makes generations, and keeps what they share: copies of artifacts, the host's modules, the register of them all. */
export class Loader {
  readonly cache = new ArtifactCache();
  readonly registry: GenerationRegistry;
  readonly #options: LoaderOptions;
  readonly #hostModules: HostModules;

  constructor(options: LoaderOptions) {
    this.#options = options;
    this.#hostModules = new HostModules(options.root);
    this.registry = new GenerationRegistry(options.logger, options.leakAfter);
  }

  /** A new generation of the artifact, its modules evaluated and its definition checked. Leaves nothing when it throws. */
  async load(artifact: FoundArtifact): Promise<Generation> {
    const record = this.registry.add(artifact.name, artifact.hash);
    let code: LoadedCode | undefined;
    try {
      code = await this.#evaluate(artifact, record);
      const { logger, hookTimeout, asyncContext } = this.#options;
      const generation = new Generation(code, { logger, record, hookTimeout, asyncContext });
      // Statically linked code stays in memory for good.
      if (!this.#isStatic(artifact)) this.registry.track(record, code.rootModule);
      return generation;
    } catch (error) {
      this.registry.drop(record);
      code?.context.dispose();
      await code?.release();
      throw error;
    }
  }

  close(): void {
    this.registry.close();
    this.cache[Symbol.dispose]();
  }

  #evaluate(artifact: FoundArtifact, record: GenerationRecord): LoadedCode | Promise<LoadedCode> {
    const { name } = artifact;
    const { logger, onPluginError, hookTimeout, staticPlugins } = this.#options;
    const errors = new UncaughtErrors(name, record.number, logger, onPluginError);
    const linkedIn = staticPlugins?.[name];
    if (linkedIn !== undefined) return loadStatic(name, linkedIn, errors);
    return loadArtifact(artifact, { cache: this.cache, hostModules: this.#hostModules, errors, hookTimeout });
  }

  #isStatic({ name }: FoundArtifact): boolean {
    return this.#options.staticPlugins?.[name] !== undefined;
  }
}
