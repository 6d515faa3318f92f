import { ErrorLog } from "../generation/error-log.ts";
import { HotswapError } from "../errors.ts";
import type { ArtifactSource } from "./artifact-source.ts";
import type { FoundArtifacts } from "../load/found-artifact.ts";
import { PluginDirScanner } from "../load/scan.ts";
import { type Changes, findChanges } from "../plan/changes.ts";
import { type PhaseTimings, type ReloadDetails, reloadDetails, ReloadPlan, summary } from "../plan/details.ts";
import { artifactsBefore, nextLive, stepFrom } from "../plan/live.ts";
import type { LivePlugins } from "../plan/live-plugins.ts";
import type { ProbationState } from "../plan/probation-state.ts";
import { rehearseMigrations } from "../plan/rehearse.ts";
import { selectPlugins, staticArtifacts } from "../plan/select.ts";
import { turnWhenDue } from "../turn.ts";
import { BagStorage } from "../vault/bag/storage.ts";
import type { Seat } from "../vault/handle.ts";
import { History } from "./history.ts";
import { Loader } from "./loader.ts";
import type { FilledOptions, ReloadCallback } from "./options.ts";
import { type Completion, inPhase, prepareAndSwap, type PreparedSet } from "./prepare.ts";
import { checkProbation, Probation, type ProbationOptions } from "./probation.ts";
import { type ReloadKind, ReloadLog, type ReportProgress } from "./reload-log.ts";
import { type OwnedSet, Retirement } from "./retire.ts";

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

/** What a load, reload or rollback is asked to do. */
export type ReloadOrder<Extension> = Pick<Attempt<Extension>, "data" | "callback" | "hold" | "probation">;

/** Queues a rollback. When its turn comes, it goes back if `isDue` says so. */
type GoBack = (isDue: () => boolean) => Promise<void>;

/** What the reloader does not know by itself. */
interface Surroundings {
  readonly goBack: GoBack;
  /** Where the artifacts for a plugin folder come from, when it is not the folder itself. */
  readonly sourceOf: (pluginDir: string) => ArtifactSource | undefined;
  /** Whether somebody else tells of each reload that succeeds. */
  readonly isTold: boolean;
}

/**
 * Makes sets, swaps them in, and frees those that were swapped out. It does one step at a time: the swapper, its public
 * side, queues the steps.
 */
export class Reloader<Extension> {
  readonly log: ReloadLog;
  readonly loader: Loader;
  readonly errors: ErrorLog;
  readonly #options: FilledOptions<Extension>;
  readonly #around: Surroundings;
  readonly #scanner: PluginDirScanner;
  readonly #retirement: Retirement<Extension>;
  readonly #history: History;
  #storage: BagStorage | undefined;
  /** Where the vaults that the live plugins hold are found. */
  #seat: Seat<Extension> | undefined;
  #live: LivePlugins = new Map();
  #set: OwnedSet<Extension> | undefined;
  #reloadCounter = 0;
  #probation: Probation | undefined;

  constructor(options: FilledOptions<Extension>, around: Surroundings) {
    this.#options = options;
    this.#around = around;
    this.log = new ReloadLog(options.logger);
    this.errors = new ErrorLog((group) => this.log.tell({ type: "error", group }));
    this.loader = new Loader(options, {
      errors: this.errors,
      onLeak: ({ plugin, number }) => this.log.tell({ type: "leak", plugin, generation: number }),
    });
    this.#scanner = new PluginDirScanner(options);
    this.#history = new History(this.loader.cache, options);
    this.#retirement = new Retirement(options);
  }

  /** The live set. */
  get set(): OwnedSet<Extension> | undefined {
    return this.#set;
  }

  get reloadCounter(): number {
    return this.#reloadCounter;
  }

  get probation(): ProbationState | undefined {
    return this.#probation?.state;
  }

  /** The artifacts of a folder, or what is linked in. Rejects as the scan does. */
  async find(pluginDir: string): Promise<FoundArtifacts> {
    const { staticPlugins, whitelist, logger } = this.#options;
    if (staticPlugins !== undefined) return selectPlugins(staticArtifacts(staticPlugins), whitelist, "staticPlugins");
    const source = this.#around.sourceOf(pluginDir);
    const all = await (source === undefined ? this.#scanner.scan(pluginDir) : source.find());
    const found = selectPlugins(all, whitelist, pluginDir);
    if (found.size === 0 && source === undefined) logger.warn(`there are no plugins in ${pluginDir}`);
    return found;
  }

  /** What a reload from the folder would do. */
  async plan(pluginDir: string, rehearse: boolean): Promise<ReloadPlan> {
    const changes = findChanges(this.#live, await this.find(pluginDir));
    if (!rehearse) return new ReloadPlan(changes.all);
    const storage = await this.openStorage();
    return new ReloadPlan(
      changes.all,
      await rehearseMigrations(changes.all, storage, (artifact) => this.loader.load(artifact, { isRehearsal: true })),
    );
  }

  /** Makes what lies in the folder live. */
  reload(pluginDir: string, order: ReloadOrder<Extension>): Promise<ReloadDetails> {
    return this.#swapTo("folder", () => this.find(pluginDir), order);
  }

  /** Goes back to the set before. Throws `HOTSWAP_NOTHING_TO_ROLL_BACK`. */
  rollBack(data: unknown, callback: ReloadCallback<Extension> | undefined): Promise<ReloadDetails> {
    const step = this.#history.newest;
    if (step === undefined) {
      throw new HotswapError(
        "HOTSWAP_NOTHING_TO_ROLL_BACK",
        `there is no earlier set to go back to (reloads so far: ${this.#reloadCounter}, sets kept: ${this.#options.history})`,
      );
    }
    return this.#swapTo("history", async () => artifactsBefore(step, this.#live), { data, callback });
  }

  /** Resolves when every set that was swapped out by now is freed. */
  drained(): Promise<void> {
    return this.#retirement.drained();
  }

  /** Frees everything in reverse order, and closes the store. `timeout` in ms: how long calls and leases are waited for. */
  async free(timeout: number): Promise<void> {
    this.#probation?.end("ended", "the swapper was closed");
    const set = this.#set;
    if (set !== undefined) {
      await this.#retirement.endOfCalls(set, timeout);
      this.#set = undefined;
      this.loader.handover.step(undefined, set.graph.order.toReversed(), []);
      this.#retirement.start(set, set.graph.order);
    }
    await this.#retirement.finish();
    try {
      this.loader.close();
    } finally {
      await this.#storage?.close();
    }
  }

  /** @throws RangeError for a probation that makes no sense. */
  checkProbation(options: ProbationOptions): void {
    checkProbation(options);
    if (this.#options.history > 0) return;
    throw new RangeError("a probation needs a set to go back to, and history is 0: keep one set at least");
  }

  /** What lies behind the data bags; opened when it is first needed. */
  async openStorage(): Promise<BagStorage> {
    const { vault, logger } = this.#options;
    this.#storage ??= await BagStorage.open({ ...vault, logger });
    return this.#storage;
  }

  /** Prepares the set of the artifacts that `find` finds and swaps it in. */
  #swapTo(
    source: Source,
    find: () => Promise<FoundArtifacts>,
    request: ReloadOrder<Extension>,
  ): Promise<ReloadDetails> {
    const kind: ReloadKind = source === "history" ? "rollback" : this.#set === undefined ? "load" : "reload";
    return this.log.follow(
      kind,
      () => this.#reloadCounter,
      async (report, timings) => {
        report("scan", 0, 0);
        const start = performance.now();
        const artifacts = await inPhase("scan", find);
        await turnWhenDue();
        const details = await this.#prepareAndSwap(source, artifacts, { ...request, report, timings });
        const ms = (performance.now() - start).toFixed(1);
        const level = this.#around.isTold ? "debug" : "info";
        this.#options.logger[level](`${kind === "load" ? "loaded" : "reloaded"} in ${ms} ms: ${summary(details)}`);
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
    const storage = await inPhase("vault", () => this.openStorage());
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
      { options: this.#options, storage, report, load: (artifact) => this.loader.load(artifact) },
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
    // A reload that found nothing new is no step to go back to, and must not push the last good one out of the history.
    else if (old !== undefined && step.size > 0) await this.#history.push(step);
    await turnWhenDue();
    return detailsOf(prepared);
  }

  /** Watches the set that has just become live. */
  #watch(options: ProbationOptions, { fresh }: PreparedSet<Extension>, details: ReloadDetails): void {
    const { logger, hookTimeout } = this.#options;
    const probation = new Probation(options, {
      stats: fresh.map(({ record }) => record.stats),
      timeout: hookTimeout,
      goBack: async (reason) => {
        logger.error(`the set before is made live again: ${reason}`);
        await this.#around.goBack(() => this.#probation === probation && probation.state.state === "running");
      },
      tell: (state) => this.log.tell({ type: "probation", probation: state }),
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
    this.loader.handover.step(set.members, leaving, set.fresh);
  }
}
