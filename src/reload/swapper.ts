import { resolve } from "node:path";
import type { HostTarget } from "./host-target.ts";
import { HotswapError } from "../errors.ts";
import type { Explanation, GenerationName } from "../generation/explanation.ts";
import { LeaseWatch } from "../link/lease-watch.ts";
import type { ServedSockets } from "../link/calls.ts";
import type { Lease } from "../link/lease.ts";
import type { PluginManager } from "../link/manager.ts";
import type { GenerationInfo } from "../generation/generation-record.ts";
import { ErrorLog } from "../generation/error-log.ts";
import { refuseReentrance, runReload } from "../generation/reentrance.ts";
import { leavePlugin, requireModuleGraph } from "../load/graph.ts";
import { PluginDirScanner } from "../load/scan.ts";
import type { FoundArtifacts } from "../load/found-artifact.ts";
import type { Logger } from "../logger.ts";
import { BagStorage } from "../vault/bag/storage.ts";
import { type Changes, findChanges } from "../plan/changes.ts";
import { artifactsBefore, nextLive, stepFrom } from "../plan/live.ts";
import type { LivePlugins } from "../plan/live-plugins.ts";
import { type PhaseTimings, type ReloadDetails, reloadDetails, ReloadPlan, summary } from "../plan/details.ts";
import { History } from "./history.ts";
import { Hold } from "./hold.ts";
import { Loader } from "./loader.ts";
import { metricsOf, type SwapperMetrics } from "./metrics.ts";
import {
  type FilledOptions,
  fillOptions,
  type ReloadCallback,
  type ReloadOptions,
  type SwapperOptions,
} from "./options.ts";
import { type Completion, inPhase, prepareAndSwap, type PreparedSet } from "./prepare.ts";
import { PreparedReload } from "./prepared-reload.ts";
import { checkProbation, Probation, type ProbationOptions } from "./probation.ts";
import type { ProbationState } from "../plan/probation-state.ts";
import { Queue } from "./queue.ts";
import {
  type ReloadKind,
  type ReloadListener,
  ReloadLog,
  type ReloadRecord,
  type ReportProgress,
} from "./reload-log.ts";
import { rehearseMigrations } from "../plan/rehearse.ts";
import { type OwnedSet, Retirement } from "./retire.ts";
import { turnWhenDue } from "../turn.ts";
import type { Seat } from "../vault/handle.ts";
import { selectPlugins, staticArtifacts } from "../plan/select.ts";
import { Triggers } from "./triggers.ts";

/** Where a set comes from. */
type Source = "folder" | "history";

/** What one load, reload or rollback was given, and reports to. */
interface Attempt<Extension> {
  readonly data: unknown;
  readonly callback: ReloadCallback<Extension> | undefined;
  /** Waits before the swap with what is prepared; not at all when it is not given. */
  readonly hold?: ((details: ReloadDetails) => Promise<void>) | undefined;
  /** Watches the set after the swap. */
  readonly probation?: ProbationOptions | undefined;
  readonly report: ReportProgress;
  readonly timings: PhaseTimings;
}

/** What a load, reload or rollback was asked to do. */
type Request<Extension> = Pick<Attempt<Extension>, "data" | "callback" | "hold" | "probation">;

/**
 * The one object that a host keeps: it loads plugins, reloads them, and points at the current set.
 *
 *     const swapper = new PluginManagerSwapper("bin/plugins");
 *     await swapper.loadPlugins();
 *     swapper.current?.invokeEach("hum", 3);
 *     await swapper.reload();
 */
export class PluginManagerSwapper<Extension = undefined> implements AsyncDisposable {
  /** How others than the host reload: the control socket, and a dashboard. @internal */
  readonly controlTarget: HostTarget;
  /** The sockets of each server that was started by `serve`. @internal */
  readonly servers = new Set<ServedSockets>();
  readonly #options: FilledOptions<Extension>;
  readonly #loader: Loader;
  readonly #scanner: PluginDirScanner;
  readonly #retirement: Retirement<Extension>;
  readonly #history: History;
  readonly #log: ReloadLog;
  readonly #errors: ErrorLog;
  readonly #triggers: Triggers;
  readonly #leases: LeaseWatch;
  #pluginDir: string;
  #storage: BagStorage | undefined;
  /** Where the vaults that the live plugins hold are found. */
  #seat: Seat<Extension> | undefined;
  #live: LivePlugins = new Map();
  #set: OwnedSet<Extension> | undefined;
  #reloadCounter = 0;
  /** What the host passed to its newest load or reload; reloads that come from elsewhere pass it on. */
  #data: unknown;
  readonly #queue = new Queue();
  readonly #hold: Hold;
  #probation: Probation | undefined;
  #closing: Promise<void> | undefined;

  /**
   * `pluginDir` is the folder with the artifacts; it is not read before {@link loadPlugins}. Throws
   * `HOTSWAP_UNSUPPORTED_BUN` on a Bun without module graphs, and a `RangeError` for an option that makes no sense.
   */
  constructor(pluginDir: string, options: SwapperOptions<Extension> = {}) {
    this.#options = fillOptions(options);
    this.#pluginDir = resolve(pluginDir);
    requireModuleGraph();
    this.#log = new ReloadLog(this.#options.logger);
    this.#errors = new ErrorLog((group) => this.#log.tell({ type: "error", group }));
    this.#loader = new Loader(this.#options, {
      errors: this.#errors,
      onLeak: ({ plugin, number }) => this.#log.tell({ type: "leak", plugin, generation: number }),
    });
    this.#scanner = new PluginDirScanner(this.#options);
    this.#history = new History(this.#loader.cache, this.#options);
    this.#retirement = new Retirement(this.#options);
    this.#hold = new Hold(this.#options);
    this.controlTarget = {
      logger: this.#options.logger,
      swapper: this,
      reload: (how = {}) => this.#log.recordOf(this.reload(this.#data, how)),
      rollback: () => this.#log.recordOf(this.rollback(this.#data)),
    };
    this.#triggers = new Triggers(this.controlTarget, this.#options);
    this.#leases = new LeaseWatch(this.#options.logger, this.#options.debug);
  }

  /** The live set; `undefined` before the first load. */
  get current(): PluginManager<Extension> | undefined {
    return this.#set?.manager;
  }

  /** How many reloads succeeded; the first load does not count. */
  get reloadCounter(): number {
    return this.#reloadCounter;
  }

  /** Whether the plugins are compiled into the host, and cannot be reloaded. */
  get staticLinkingMode(): boolean {
    return this.#options.staticPlugins !== undefined;
  }

  /** Every generation that is not yet collected. */
  get generations(): GenerationInfo[] {
    return this.#loader.registry.list();
  }

  /** The newest loads, reloads and rollbacks that are over, succeeded or not, oldest first; at most 100. */
  get reloads(): readonly ReloadRecord[] {
    return this.#log.records;
  }

  /** The newest probation, over or not; `undefined` when there was none. */
  get probation(): ProbationState | undefined {
    return this.#probation?.state;
  }

  /** What generations counted, and the errors of plugins, grouped (SPEC 15.1). */
  metrics(): SwapperMetrics {
    const { observe } = this.#options;
    return metricsOf(this.#loader.registry, observe === "calls", {
      reloads: this.#log.counts,
      errors: this.#errors.groups,
    });
  }

  /**
   * Calls `listener` at the beginning, at each step and at the end of every load, reload and rollback, and with
   * errors of plugins (grouped), leaked generations, and how a probation goes. Returns a function that ends this.
   */
  subscribe(listener: ReloadListener): () => void {
    return this.#log.subscribe(listener);
  }

  /** Where this swapper reports to. */
  get logger(): Logger {
    return this.#options.logger;
  }

  /** The folder that the next reload reads. */
  get pluginDir(): string {
    return this.#pluginDir;
  }

  /** Moves the next reload to another folder. Throws `HOTSWAP_STATIC_MODE`. */
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
      if (this.#set !== undefined) throw new TypeError("loadPlugins() was called before: use reload()");
      if (this.staticLinkingMode) {
        const { logger, trust } = this.#options;
        logger.warn("plugins are linked statically: they cannot be reloaded");
        if (trust !== undefined)
          logger.warn("trust asks for no signatures here: what is linked in is part of the host");
      }
      this.#data = data;
      await this.#triggers.open();
      return this.#swapTo("folder", () => this.#find(), { data, callback });
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
      if (probation !== undefined) this.#checkProbation(probation);
      this.#refuseStatic("reload");
      this.#data = data;
      await this.#triggers.open();
      return this.#swapTo("folder", () => this.#find(), { data, callback, probation });
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
      const reloaded = await this.#swapTo("folder", () => this.#find(dir), { data, callback, hold });
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
      const changes = findChanges(this.#live, await this.#find());
      if (!rehearse) return new ReloadPlan(changes.all);
      const storage = await this.#openStorage();
      return new ReloadPlan(
        changes.all,
        await rehearseMigrations(changes.all, storage, (artifact) =>
          this.#loader.load(artifact, { isRehearsal: true }),
        ),
      );
    });
  }

  /**
   * Goes back to the set before the last successful reload, as an ordinary reload with all its guarantees; no build is
   * needed. Rejects with `HOTSWAP_NOTHING_TO_ROLL_BACK` when there is none.
   */
  rollback(data?: unknown, callback?: ReloadCallback<Extension>): Promise<ReloadDetails> {
    return this.#enqueue("rollback", () => this.#rollBack(data, callback));
  }

  /**
   * Pins the current set: it stays usable until the lease ends, however many reloads happen meanwhile. Throws
   * `HOTSWAP_NOT_LINKED` before the first load, and `HOTSWAP_CLOSED`.
   */
  acquire(): Lease<Extension> {
    this.#refuseClosed("acquire");
    if (this.#set === undefined) {
      throw new HotswapError("HOTSWAP_NOT_LINKED", "acquire() needs a current set: call loadPlugins() first");
    }
    return this.#leases.acquire(this.#set.manager);
  }

  /**
   * Says why a generation of {@link generations} is still in memory: for one that was freed, the shortest path of
   * references from something that the host knows to its code. Collects garbage and takes a snapshot of the heap,
   * which stops the host for a time that grows with it. Rejects with a RangeError for a generation that never
   * existed.
   */
  explain(generation: GenerationName): Promise<Explanation> {
    const { registry, hostModules } = this.#loader;
    return leavePlugin(async () => {
      // oxlint-disable-next-line no-restricted-imports -- loaded when it is asked for
      const { explain } = await import("../inspect/explain.ts");
      return explain(generation, { registry, hostModules, root: this.#options.root, own: [this] });
    });
  }

  /** Resolves when every set that was swapped out by now is freed. */
  drained(): Promise<void> {
    return this.#retirement.drained();
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
    return this.#closing;
  }

  /** The same as {@link PluginManagerSwapper.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #find(pluginDir = this.#pluginDir): Promise<FoundArtifacts> {
    const { staticPlugins, whitelist, logger } = this.#options;
    if (staticPlugins !== undefined) return selectPlugins(staticArtifacts(staticPlugins), whitelist, "staticPlugins");
    const found = selectPlugins(await this.#scanner.scan(pluginDir), whitelist, pluginDir);
    if (found.size === 0) logger.warn(`there are no plugins in ${pluginDir}`);
    return found;
  }

  #rollBack(data: unknown, callback: ReloadCallback<Extension> | undefined): Promise<ReloadDetails> {
    this.#refuseStatic("rollback");
    const step = this.#history.newest;
    if (step === undefined) {
      throw new HotswapError(
        "HOTSWAP_NOTHING_TO_ROLL_BACK",
        `there is no earlier set to go back to (reloads so far: ${this.#reloadCounter}, sets kept: ${this.#options.history})`,
      );
    }
    return this.#swapTo("history", async () => artifactsBefore(step, this.#live), { data, callback });
  }

  /** Prepares the set of the artifacts that `find` finds and swaps it in. */
  #swapTo(source: Source, find: () => Promise<FoundArtifacts>, request: Request<Extension>): Promise<ReloadDetails> {
    const kind: ReloadKind = source === "history" ? "rollback" : this.#set === undefined ? "load" : "reload";
    return this.#log.follow(
      kind,
      () => this.#reloadCounter,
      async (report, timings) => {
        report("scan", 0, 0);
        const start = performance.now();
        const artifacts = await inPhase("scan", find);
        await turnWhenDue();
        const details = await this.#prepareAndSwap(source, artifacts, { ...request, report, timings });
        const ms = (performance.now() - start).toFixed(1);
        this.#options.logger.info(`${kind === "load" ? "loaded" : "reloaded"} in ${ms} ms: ${summary(details)}`);
        return details;
      },
    );
  }

  async #prepareAndSwap(
    source: Source,
    artifacts: FoundArtifacts,
    { data, callback, hold, probation, report, timings }: Attempt<Extension>,
  ): Promise<ReloadDetails> {
    const [old, live] = [this.#set, this.#live];
    const changes = findChanges(live, artifacts);
    const storage = await inPhase("vault", () => this.#openStorage());
    let details: ReloadDetails | undefined;
    const detailsOf = (set: PreparedSet<Extension>): ReloadDetails =>
      (details ??= reloadDetails(set.graph.shape.names, changes, timings));
    const completion: Completion<Extension> = {
      swap: (set) => {
        report("swap", 0, 0);
        this.#swap(set, nextLive(live, old?.graph, set, changes), changes);
      },
    };
    if (hold !== undefined) {
      completion.hold = async (set) => {
        report("hold", 0, 0);
        await hold(detailsOf(set));
      };
    }
    const prepared = await prepareAndSwap(
      { changes, data, callback, old },
      { options: this.#options, storage, report, load: (artifact) => this.#loader.load(artifact) },
      completion,
    );
    if (old !== undefined) {
      const leaving = changes.leaving.map(({ generation }) => generation);
      this.#retirement.start(old, leaving);
    }
    const step = stepFrom(live, changes);
    this.#probation?.end(source === "history" ? "went back" : "ended", "another set took its place");
    if (probation !== undefined) {
      this.#watch(probation, prepared, detailsOf(prepared));
      // There is nothing to go back from.
      if (step.size === 0) this.#probation?.end("passed", "nothing changed");
    }
    if (source === "history") await this.#history.pop();
    // A reload that found nothing new is no step to go back to, and must not push out the last good one.
    else if (old !== undefined && step.size > 0) await this.#history.push(step);
    await turnWhenDue();
    return detailsOf(prepared);
  }

  #checkProbation(options: ProbationOptions): void {
    checkProbation(options);
    if (this.#options.history > 0) return;
    throw new RangeError("a probation needs a set to go back to, and history is 0: keep one set at least");
  }

  /** Watches the set that has just become live. */
  #watch(options: ProbationOptions, { fresh }: PreparedSet<Extension>, details: ReloadDetails): void {
    const { logger, hookTimeout } = this.#options;
    const probation = new Probation(options, {
      stats: fresh.map(({ record }) => record.stats),
      timeout: hookTimeout,
      goBack: async (reason) => {
        logger.error(`the set before is made live again: ${reason}`);
        await this.#enqueue("rollback", async () => {
          if (this.#probation !== probation || probation.state.state !== "running") return;
          await this.#rollBack(this.#data, undefined);
        });
      },
      tell: (state) => this.#log.tell({ type: "probation", probation: state }),
    });
    this.#probation = probation;
    details.probation = probation.over;
    probation.start();
  }

  /** The swap: one synchronous step (SPEC 3.6). Only the data bag may refuse, and then nothing has changed. */
  #swap(set: PreparedSet<Extension>, live: LivePlugins, changes: Changes): void {
    set.bag.commit();
    const old = this.#set?.manager;
    if (old !== undefined) this.#reloadCounter++;
    this.#set = set;
    this.#live = live;
    const { vault } = set.manager;
    const seat = (this.#seat ??= { vault });
    seat.vault = vault;
    const leaving = changes.leaving.map(({ generation }) => generation);
    if (old !== undefined) for (const generation of leaving) generation.moveVault({ vault: old.vault });
    for (const generation of set.fresh) generation.moveVault(seat);
    this.#loader.handover.step(set.members, leaving, set.fresh);
  }

  async #freeAll(timeout: number): Promise<void> {
    await this.#triggers.close();
    this.#probation?.end("ended", "the swapper was closed");
    const set = this.#set;
    if (set !== undefined) {
      await this.#retirement.endOfCalls(set, timeout);
      this.#set = undefined;
      this.#loader.handover.step(undefined, set.graph.order.toReversed(), []);
      this.#retirement.start(set, set.graph.order);
    }
    await this.#retirement.finish();
    try {
      this.#loader.close();
    } finally {
      await this.#storage?.close();
    }
  }

  async #openStorage(): Promise<BagStorage> {
    const { vault, logger } = this.#options;
    this.#storage ??= await BagStorage.open({ ...vault, logger });
    return this.#storage;
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
