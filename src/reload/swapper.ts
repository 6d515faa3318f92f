import { resolve } from "node:path";
import type { TrustedKey } from "../artifact/signature.ts";
import { HotswapError, isHotswapError } from "../errors.ts";
import type { Explanation, GenerationName } from "../generation/explanation.ts";
import type { GenerationInfo } from "../generation/generation-record.ts";
import { refuseReentrance, runReload } from "../generation/reentrance.ts";
import type { ServedSockets } from "../link/calls.ts";
import { LeaseWatch } from "../link/lease-watch.ts";
import type { Lease } from "../link/lease.ts";
import type { PluginManager } from "../link/manager.ts";
import { leavePlugin, requireModuleGraph } from "../load/graph.ts";
import { type Logger, withoutShown } from "../logger.ts";
import type { ReloadDetails, ReloadPlan } from "../plan/details.ts";
import type { ProbationState } from "../plan/probation-state.ts";
import { Hold } from "./hold.ts";
import type { HostTarget } from "./host-target.ts";
import { metricsOf, type SwapperMetrics } from "./metrics.ts";
import {
  type FilledOptions,
  fillOptions,
  type ReloadCallback,
  type ReloadOptions,
  type SwapperOptions,
} from "./options.ts";
import { PreparedReload } from "./prepared-reload.ts";
import { Queue } from "./queue.ts";
import type { ReloadListener, ReloadRecord } from "./reload-log.ts";
import { Reloader } from "./reloader.ts";
import { Triggers } from "./triggers.ts";

/** In ms. */
const FREE_DELAY_UNDER_DEV = 1000;

/**
 * The one object that a host keeps: it loads plugins, reloads them, and points at the current set.
 *
 * @example
 *     const swapper = new PluginManagerSwapper("bin/plugins");
 *     await swapper.loadPlugins();
 *     swapper.current?.invokeEach("hum", 3);
 *     await swapper.reload();
 */
export class PluginManagerSwapper<Extension = undefined> implements AsyncDisposable {
  /** What the control socket and the dashboard see of the host, and reload it by. @internal */
  readonly controlTarget: HostTarget;
  /** The sockets of each server that was started by `serve`. @internal */
  readonly servers = new Set<ServedSockets>();
  readonly #options: FilledOptions<Extension>;
  readonly #reloader: Reloader<Extension>;
  readonly #triggers: Triggers;
  readonly #leases: LeaseWatch;
  #pluginDir: string;
  /** What the host passed to its newest load or reload; reloads that come from elsewhere pass it on. */
  #data: unknown;
  readonly #queue = new Queue();
  readonly #hold: Hold;
  #closing: Promise<void> | undefined;

  /**
   * `pluginDir` is the folder with the artifacts; it is not read before {@link loadPlugins}.
   *
   * @throws HotswapError `HOTSWAP_UNSUPPORTED_BUN` on a Bun without module graphs, and a `RangeError` for an option
   * that makes no sense.
   */
  constructor(pluginDir: string, options: SwapperOptions<Extension> = {}) {
    this.#options = fillOptions(options);
    this.#pluginDir = resolve(pluginDir);
    requireModuleGraph();
    this.#hold = new Hold(this.#options);
    this.controlTarget = {
      logger: this.#options.logger,
      swapper: this,
      reload: (how = {}) => this.#reloader.log.recordOf(this.reload(this.#data, how)),
      rollback: () => this.#reloader.log.recordOf(this.rollback(this.#data)),
    };
    this.#triggers = new Triggers(this.controlTarget, this.#options);
    if (this.#triggers.underDev) this.#options = this.#underDev(options);
    this.#reloader = new Reloader(this.#options, {
      goBack: (isDue) =>
        this.#enqueue("rollback", async () => {
          if (isDue()) await this.#reloader.rollBack(this.#data, undefined);
        }),
      sourceOf: (dir) => this.#triggers.sourceOf(dir),
      isTold: this.#triggers.underDev,
    });
    this.#leases = new LeaseWatch(this.#options.logger, this.#options.debug);
  }

  /** The defaults of `hotswap dev`, where the host does not set the option. */
  #underDev({ logger, freeDelay }: SwapperOptions<Extension>): FilledOptions<Extension> {
    const filled = this.#options;
    return {
      ...filled,
      // Under `hotswap dev`, saves follow each other faster than reloads of a host in production.
      freeDelay: freeDelay ?? FREE_DELAY_UNDER_DEV,
      // It shows plugins' errors with their places.
      logger:
        logger === undefined
          ? withoutShown(filled.logger, (detail) => this.#reloader.errors.has(detail))
          : filled.logger,
    };
  }

  /** The live set; `undefined` before the first load. */
  get current(): PluginManager<Extension> | undefined {
    return this.#reloader.set?.manager;
  }

  /** How many reloads succeeded; the first load does not count. */
  get reloadCounter(): number {
    return this.#reloader.reloadCounter;
  }

  /** Whether the plugins are compiled into the host, and cannot be reloaded. */
  get staticLinkingMode(): boolean {
    return this.#options.staticPlugins !== undefined;
  }

  /** Every generation that is not yet collected. */
  get generations(): GenerationInfo[] {
    return this.#reloader.loader.registry.list();
  }

  /** The newest loads, reloads and rollbacks that are over, succeeded or not, oldest first; at most 100. */
  get reloads(): readonly ReloadRecord[] {
    return this.#reloader.log.records;
  }

  /** The newest probation, over or not; `undefined` when there was none. */
  get probation(): ProbationState | undefined {
    return this.#reloader.probation;
  }

  /** What generations counted, and the errors of plugins, grouped (SPEC 15.1). */
  metrics(): SwapperMetrics {
    const { observe } = this.#options;
    return metricsOf(this.#reloader.loader.registry, observe === "calls", {
      reloads: this.#reloader.log.counts,
      errors: this.#reloader.errors.groups,
    });
  }

  /**
   * Calls `listener` at the beginning, at each step and at the end of every load, reload and rollback, and with
   * errors of plugins (grouped), leaked generations, and how a probation goes. Returns a function that ends this.
   */
  subscribe(listener: ReloadListener): () => void {
    return this.#reloader.log.subscribe(listener);
  }

  /** Where this swapper reports to. */
  get logger(): Logger {
    return this.#options.logger;
  }

  /** The keys of which one must have signed each artifact; `undefined` where none is asked for. */
  get trust(): readonly (string | TrustedKey)[] | undefined {
    return this.#options.trust;
  }

  /** The folder that the next reload reads. */
  get pluginDir(): string {
    return this.#pluginDir;
  }

  /**
   * Moves the next reload to another folder.
   *
   * @throws HotswapError `HOTSWAP_STATIC_MODE`.
   */
  resetPluginDir(pluginDir: string): void {
    this.#refuseStatic("resetPluginDir");
    this.#pluginDir = resolve(pluginDir);
    this.#triggers.moveTo(this.#pluginDir);
  }

  /**
   * The first load. `data` is passed to every `onLoad`; `callback` is called after the swapper's own, before the set
   * becomes current. Rejects with a {@link HotswapError} that names plugin and phase; nothing is left behind.
   */
  loadPlugins(data?: unknown, callback?: ReloadCallback<Extension>): Promise<ReloadDetails> {
    return this.#enqueue("loadPlugins", async () => {
      if (this.#reloader.set !== undefined) throw new TypeError("loadPlugins() was called before: use reload()");
      if (this.staticLinkingMode) {
        const { logger, trust } = this.#options;
        logger.warn("plugins are linked statically: they cannot be reloaded");
        if (trust !== undefined)
          logger.warn("trust asks for no signatures here: what is linked in is part of the host");
      }
      this.#data = data;
      await this.#triggers.open();
      try {
        return await this.#reloader.reload(this.#pluginDir, { data, callback });
      } catch (error) {
        // A host that cannot load usually ends. Tell the developer why, once.
        const isTold = await this.#triggers.told();
        if (isTold && isHotswapError(error)) throw briefly(error, "the first load failed, and hotswap dev says why");
        throw this.#options.debug ? error : withoutOwnStack(error);
      }
    });
  }

  /**
   * Replaces what changed in the plugin folder, as one transaction: it succeeds as a whole, or the current set stays
   * as it is. After a first load that failed, this is the first load. Waits for a reload that is under way. Rejects with a
   * {@link HotswapError} that says plugin and phase; `HOTSWAP_STATIC_MODE`, `HOTSWAP_CLOSED`, `HOTSWAP_REENTRANT`.
   *
   * With `probation` the new set is watched after the swap, and the one before made live again when it misbehaves, with all
   * guarantees of {@link rollback} (SPEC 3.18). `details.probation` resolves at the end of it.
   *
   * @example
   *     const details = await swapper.reload(data, { probation: { watch: 30_000, maxErrors: 0 } });
   *     const { state, reason } = await details.probation;
   */
  reload(data?: unknown, options: ReloadCallback<Extension> | ReloadOptions<Extension> = {}): Promise<ReloadDetails> {
    const { callback, probation } = typeof options === "function" ? { callback: options } : options;
    return this.#enqueue("reload", async () => {
      if (probation !== undefined) this.#reloader.checkProbation(probation);
      this.#refuseStatic("reload");
      this.#data = data;
      await this.#triggers.open();
      return this.#reloader.reload(this.#pluginDir, { data, callback, probation });
    });
  }

  /**
   * Does everything that {@link reload} does up to the swap, and holds what it made until it is committed or aborted, at
   * most `holdTimeout` ms (SPEC 3.17). The old set serves meanwhile; other reloads wait. Rejects as {@link reload} does.
   *
   * @example
   *     await using prepared = await swapper.prepare();
   *     console.log(String(prepared.details)); // alpha: ok, beta: unchanged
   *     await prepared.commit();
   */
  prepare(data?: unknown, callback?: ReloadCallback<Extension>): Promise<PreparedReload> {
    return this.#prepare(data, callback, () => this.#pluginDir);
  }

  /** {@link prepare} of what lies in another folder, which is the plugin folder from the swap on. @internal */
  prepareFrom(pluginDir: string, data?: unknown): Promise<PreparedReload> {
    return this.#prepare(data, undefined, () => resolve(pluginDir));
  }

  #prepare(
    data: unknown,
    callback: ReloadCallback<Extension> | undefined,
    pluginDir: () => string,
  ): Promise<PreparedReload> {
    const { promise, resolve: handOut, reject } = Promise.withResolvers<PreparedReload>();
    const done = this.#enqueue("prepare", async () => {
      this.#refuseStatic("prepare");
      this.#data = data;
      await this.#triggers.open();
      const hold = (details: ReloadDetails): Promise<void> =>
        this.#hold.wait((decider) => handOut(new PreparedReload({ details, done, ...decider })));
      const dir = pluginDir();
      const reloaded = await this.#reloader.reload(dir, { data, callback, hold });
      if (dir !== this.#pluginDir) this.resetPluginDir(dir);
      return reloaded;
    });
    // What comes after the hand-over is told by commit().
    done.catch(reject);
    return promise;
  }

  /**
   * What {@link reload} would do now, and why. Changes nothing, and loads nothing, unless it is to `rehearse`: then the
   * modules of new artifacts are evaluated, in generations that are discarded without any hook being called, and the
   * data bag's instances of live types are migrated on copies.
   */
  plan({ rehearse = false }: { readonly rehearse?: boolean } = {}): Promise<ReloadPlan> {
    return this.#enqueue("plan", async () => {
      this.#refuseStatic("plan");
      return this.#reloader.plan(this.#pluginDir, rehearse);
    });
  }

  /**
   * Goes back to the set before the last successful reload, as an ordinary reload with all its guarantees; no build is
   * needed. Rejects with `HOTSWAP_NOTHING_TO_ROLL_BACK` when there is none.
   */
  rollback(data?: unknown, callback?: ReloadCallback<Extension>): Promise<ReloadDetails> {
    return this.#enqueue("rollback", async () => {
      this.#refuseStatic("rollback");
      return this.#reloader.rollBack(data, callback);
    });
  }

  /**
   * Pins the current set: it stays usable until the lease ends, however many reloads happen meanwhile.
   *
   * @throws HotswapError `HOTSWAP_NOT_LINKED` before the first load, and `HOTSWAP_CLOSED`.
   */
  acquire(): Lease<Extension> {
    this.#refuseClosed("acquire");
    const { set } = this.#reloader;
    if (set === undefined) {
      throw new HotswapError("HOTSWAP_NOT_LINKED", "acquire() needs a current set: call loadPlugins() first");
    }
    return this.#leases.acquire(set.manager);
  }

  /**
   * Says why a generation of {@link generations} is still in memory: for one that was freed, the shortest path of
   * references from something that the host knows to its code. Collects garbage and takes a snapshot of the heap,
   * which stops the host for a time that grows with it. Rejects with a RangeError for a generation that never
   * existed.
   */
  explain(generation: GenerationName): Promise<Explanation> {
    const { registry, hostModules } = this.#reloader.loader;
    return leavePlugin(async () => {
      // oxlint-disable-next-line no-restricted-imports -- loaded when it is asked for
      const { explain } = await import("../inspect/explain.ts");
      return explain(generation, { registry, hostModules, root: this.#options.root, own: [this] });
    });
  }

  /** Resolves when every set that was swapped out by now is freed. */
  drained(): Promise<void> {
    return this.#reloader.drained();
  }

  /**
   * Frees everything in reverse order and refuses further use with `HOTSWAP_CLOSED`. Waits for a reload that is under way,
   * and at most `timeout` ms for calls and leases (5,000 unless set); calls still running then reject with `HOTSWAP_FREED`.
   */
  close({ timeout = 5000 }: { readonly timeout?: number } = {}): Promise<void> {
    try {
      refuseReentrance(this, "close");
    } catch (error) {
      return Promise.reject(error);
    }
    this.#closing ??= leavePlugin(() => this.#queue.add(() => runReload(this, () => this.#freeAll(timeout))));
    this.#hold.close();
    void this.#triggers.endBuilds();
    return this.#closing;
  }

  /** The same as {@link PluginManagerSwapper.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #freeAll(timeout: number): Promise<void> {
    await this.#triggers.close();
    await this.#reloader.free(timeout);
  }

  async #enqueue<Result>(what: string, step: () => Promise<Result>): Promise<Result> {
    refuseReentrance(this, what);
    this.#refuseClosed(what);
    return leavePlugin(() => this.#queue.add(() => runReload(this, step)));
  }

  #refuseClosed(what: string): void {
    if (this.#closing === undefined) return;
    throw new HotswapError("HOTSWAP_CLOSED", `${what}() was called after close(): make a new swapper`);
  }

  #refuseStatic(what: string): void {
    if (!this.staticLinkingMode) return;
    throw new HotswapError(
      "HOTSWAP_STATIC_MODE",
      `${what}() needs plugins that are loaded from a folder, and these are linked statically: restart the host to change them`,
    );
  }
}

/** An error from before any code of a plugin ran has only hotswap's own stack, which tells a user nothing. */
function withoutOwnStack(error: unknown): unknown {
  if (!isHotswapError(error) || error.phase !== "scan") return error;
  const brief = briefly(error, error.message);
  // When nobody catches it, Bun prints the message, the enumerable properties and a cause of its own: the code is enough.
  const hidden = { enumerable: false };
  Object.defineProperties(brief, { plugin: hidden, phase: hidden });
  return Object.setPrototypeOf(brief, Object.create(HotswapError.prototype, { cause: { value: error.cause } }));
}

/** The same to a program, and a few lines where nobody catches it. */
function briefly({ code, plugin, phase }: HotswapError, message: string): HotswapError {
  const { stackTraceLimit } = Error;
  // Otherwise Bun shows the line of hotswap's source in which it is made.
  Error.stackTraceLimit = 0;
  try {
    return new HotswapError(code, message, { plugin, phase });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
