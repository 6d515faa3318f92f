import { describeError, pluginFailure } from "../errors.ts";
import { ArtifactCache } from "../load/copies/artifact-cache.ts";
import type { ErrorLog } from "../generation/error-log.ts";
import { Generation } from "../generation/generation.ts";
import { Handover } from "../generation/handover.ts";
import { runStep } from "../generation/reentrance.ts";
import type { LoadedCode } from "../load/loaded-code.ts";
import { type GenerationRecord, GenerationRegistry } from "../generation/generation-record.ts";
import { HostModules } from "../load/host-modules.ts";
import { loadArtifact } from "../load/load.ts";
import type { FoundArtifact } from "../load/found-artifact.ts";
import { loadStatic } from "../load/static.ts";
import { UncaughtErrors } from "../load/uncaught.ts";
import { registerLiveTypes } from "../vault/types/registry.ts";
import type { FilledOptions } from "./options.ts";

/** The options that loading depends on. */
type LoaderOptions = Pick<
  FilledOptions<unknown>,
  "logger" | "onPluginError" | "hookTimeout" | "leakAfter" | "asyncContext" | "root" | "staticPlugins" | "observe"
>;

/** Where what generations do is told. */
interface LoaderEvents {
  readonly errors: ErrorLog;
  readonly onLeak: (record: GenerationRecord) => void;
}

/** Makes generations, and keeps what they share: copies of artifacts, the host's modules, the register of them all. */
export class Loader {
  readonly cache: ArtifactCache;
  readonly registry: GenerationRegistry;
  readonly handover = new Handover();
  readonly hostModules: HostModules;
  readonly #options: LoaderOptions;
  /** Ends the watch for leaks, once there is one. */
  #endLeakWatch: (() => void) | undefined;
  #leakWatch: Promise<(record: GenerationRecord) => void> | undefined;
  readonly #onLeak: (record: GenerationRecord) => void;
  #isClosed = false;

  constructor(options: LoaderOptions, { errors, onLeak }: LoaderEvents) {
    this.#options = options;
    this.#onLeak = onLeak;
    this.cache = new ArtifactCache(options.logger);
    this.hostModules = new HostModules(options.root);
    this.registry = new GenerationRegistry({
      onFreed: (record) => void this.#watchForLeak(record),
      countsCalls: options.observe === "calls",
      errors,
    });
  }

  /**
   * A new generation of the artifact, its modules evaluated and its definition checked. Leaves nothing when it throws. A
   * rehearsal is to be discarded, and uses up no number.
   */
  async load(artifact: FoundArtifact, { isRehearsal = false } = {}): Promise<Generation> {
    const record = this.registry.add(artifact.name, artifact.hash, { isRehearsal });
    let code: LoadedCode | undefined;
    try {
      code = await runStep(`the evaluation of "${artifact.name}"`, () => this.#evaluate(artifact, record));
      const { logger, hookTimeout, asyncContext } = this.#options;
      const generation = new Generation(code, { logger, record, hookTimeout, asyncContext, handover: this.handover });
      // From here on its instances can be stored and wrapped, also before there is a vault.
      registerLiveTypes(generation.liveTypes, { enter: generation.within, plugin: generation.name });
      return generation;
    } catch (error) {
      code?.context.dispose();
      record.move("freed");
      await code?.release();
      const plugin = artifact.name;
      throw pluginFailure(error, `looking at what "${plugin}" defines`, { plugin, phase: "load" });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#endLeakWatch?.();
    this.cache[Symbol.dispose]();
  }

  /** What watches is loaded when the first generation is freed. */
  async #watchForLeak(record: GenerationRecord): Promise<void> {
    const { logger, leakAfter } = this.#options;
    try {
      // oxlint-disable-next-line no-restricted-imports -- loaded when it is asked for
      this.#leakWatch ??= import("../inspect/leak-watch.ts").then(({ LeakWatch }) => {
        const watch = new LeakWatch(logger, leakAfter, this.#onLeak);
        this.#endLeakWatch = () => watch.close();
        if (this.#isClosed) watch.close();
        return (freed) => watch.watch(freed);
      });
      const watch = await this.#leakWatch;
      watch(record);
    } catch (error) {
      logger.warn(`the watch for leaked plugins failed, so leaks are not reported: ${describeError(error)}`, error);
    }
  }

  #evaluate(artifact: FoundArtifact, record: GenerationRecord): LoadedCode | Promise<LoadedCode> {
    const { name } = artifact;
    const { logger, onPluginError, hookTimeout, root, staticPlugins } = this.#options;
    const errors = new UncaughtErrors({
      plugin: name,
      generation: record.number,
      logger,
      onPluginError,
      observer: record.stats,
    });
    const linkedIn = staticPlugins?.[name];
    // Statically linked code stays in memory for good, so it is not followed.
    if (linkedIn !== undefined) return loadStatic(name, linkedIn, errors);
    return loadArtifact(artifact, {
      cache: this.cache,
      hostModules: this.hostModules,
      root,
      errors,
      hookTimeout,
      watch: (witness) => this.registry.track(record, witness),
    });
  }
}
