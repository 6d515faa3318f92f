import { createCachedBuilder } from "../../build/builder.ts";
import type { BuildOptions, MemoryBuild } from "../../build/index.ts";
import { displayPath } from "../../build/diagnostic.ts";
import { eventOf, reloadOf } from "../../control/answers.ts";
import type { ControlServer } from "../../control/server.ts";
import type { ErrorReport } from "../../control/protocol.ts";
import { toWire } from "../../control/wire.ts";
import { HotswapError } from "../../errors.ts";
import type { FoundArtifact, FoundArtifacts } from "../../load/found-artifact.ts";
import type { ArtifactSource } from "../../reload/artifact-source.ts";
import type { DevEnvironment } from "../../reload/dev-environment.ts";
import type { HostTarget } from "../../reload/host-target.ts";
import type { ReloadNews, ReloadPhase, ReloadRecord } from "../../reload/reload-log.ts";
import { runInHost } from "../../run-in-host.ts";
import type { Built, PluginBuild } from "../source/plugin-builder.ts";
import type { CommonBuildOptions } from "../source/plugin-folders.ts";
import { PluginSet, type WatchedPlugin, withImports } from "../source/plugin-set.ts";
import { writeLastWords } from "../last-words.ts";
import type { DevReport } from "../report.ts";
import { removeStaleArtifact } from "../stale-artifacts.ts";
import { LoadedFiles } from "./loaded-files.ts";
import { Reporter } from "./reporter.ts";

/** What `hotswap dev` has its host build. */
export interface DevBuilds {
  /** The plugins' folders, and patterns like `plugin/*`. */
  readonly plugins: readonly string[];
  readonly build: CommonBuildOptions;
  /** Write artifacts, too. */
  readonly write: boolean;
}

/** In ms: a reload that takes longer is reported while it goes on, because whoever saved is waiting. */
const SLOW = 2000;

/** A wait for builds, and whether it is for the first load. */
interface Wait {
  readonly isOver: () => boolean;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * The part of the development loop in the host's own process: builds the plugins whenever their source changes, has the host
 * reload, and reports to `hotswap dev`. What it builds is loaded without an artifact being written.
 */
export class HostSession implements ArtifactSource {
  readonly #target: HostTarget;
  readonly #builds: DevBuilds;
  readonly #reporter: Reporter;
  readonly #plugins: PluginSet<MemoryBuild>;
  readonly #unsubscribe: () => void;
  /** A process that ends by itself has no time for a report. */
  readonly #tellEnd: () => void;
  /** The newest of each plugin that was built, by name in lower case. */
  readonly #found = new Map<string, FoundArtifact>();
  /** What the newest reload took of that, and the newest that succeeded. */
  #taken: FoundArtifacts = new Map();
  #live: FoundArtifacts = new Map();
  /** What was said of plugins that cannot be built, by name. */
  readonly #failures = new Map<string, string>();
  readonly #hostFiles = new LoadedFiles();
  /** Plugins whose folders are gone, and that may have artifacts, by name. */
  readonly #gone = new Map<string, WatchedPlugin>();
  #control: Promise<ControlServer> | undefined;
  readonly #waits = new Set<Wait>();
  /** When the first change was noticed that is not live yet, as `performance.now()` tells it. */
  #since: number | undefined;
  /** The same of the reload that is under way. */
  #sinceUnderWay: number | undefined;
  /** When the newest reload began to load, in ms since 1970; before the first load, when the process began. */
  #foundAt = performance.timeOrigin;
  /** Whether the first load was asked for, and every plugin was there. */
  #isComplete = false;
  /** What it was last said that the host waits for. */
  #waitingFor = "";
  #isReloading = false;
  /** What the reload under way is at; `undefined` when there is none. */
  #step: ReloadPhase | undefined;
  #slow: Timer | undefined;
  #isClosed = false;

  private constructor(environment: DevEnvironment, target: HostTarget) {
    this.#target = target;
    this.#builds = environment.builds as DevBuilds;
    this.#reporter = new Reporter(environment.reports);
    this.#unsubscribe = target.swapper.subscribe((news) => this.#heard(news));
    this.#tellEnd = () => {
      const step = this.#step;
      writeLastWords(environment.reports, { since: step === undefined ? Date.now() : this.#foundAt, step });
    };
    process.on("exit", this.#tellEnd);
    const { plugins, build } = this.#builds;
    this.#plugins = new PluginSet<MemoryBuild>({
      plugins,
      build,
      persistent: false,
      builderOf: (options) => this.#builderOf(options),
      filesOf: ({ artifact, files }, { dir }) => (artifact.built === undefined ? withImports(files, dir) : files),
      onBuilt: (plugin, built, before) => this.#built(plugin, built, before),
      onGone: (plugin) => this.#left(plugin),
      onMended: (about, what) => this.#reporter.send({ type: "mended", about, what }),
      onProjectChanged: () => this.#reporter.send({ type: "project changed" }),
      onIdle: () => this.#idle(),
      onError: (what, error) => this.#reporter.send({ type: "failed", what, error: toWire(error) }),
    });
  }

  /** Begins to build. Throws HOTSWAP_BUILD_FAILED when options of a build cannot be used. */
  static open(environment: DevEnvironment, target: HostTarget): HostSession {
    const session = runInHost(() => new HostSession(environment, target));
    session.#reporter.greet(() => runInHost(() => session.#connect(environment.control)));
    return session;
  }

  /** Lets `hotswap dev` ask. Nobody can before there is something to ask about. */
  async #connect(path: string): Promise<DevReport | undefined> {
    if (this.#isClosed) return undefined;
    try {
      const target = { ...this.#target, reload: (how: Parameters<HostTarget["reload"]>[0]) => this.#reloadAsked(how) };
      this.#control = import("../../control/server.ts").then(({ ControlServer }) => ControlServer.open(path, target));
      await this.#control;
      return { type: "host connected", pid: process.pid };
    } catch (error) {
      return { type: "failed", what: "the host cannot be asked", error: toWire(error) };
    }
  }

  async find(): Promise<FoundArtifacts> {
    if (this.#isComplete) {
      await this.#until(() => !this.#plugins.busy);
    } else {
      const missing = (): boolean => this.#plugins.plugins.some(({ name }) => !this.#found.has(name.toLowerCase()));
      await this.#until(() => !this.#plugins.busy && !missing());
      this.#isComplete = true;
      if (this.#plugins.plugins.length === 0) {
        this.#reporter.send({ type: "no plugins", given: this.#builds.plugins.map(displayPath) });
      }
    }
    if (this.#step === undefined) return this.#planned();
    const isFirst = this.#target.swapper.current === undefined;
    if (!isFirst) this.#foundAt = Date.now();
    this.#step = "load";
    this.#slow = setTimeout(() => {
      this.#reporter.send({ type: "slow", isFirst, step: this.#step ?? "load", seconds: SLOW / 1000 });
    }, SLOW);
    this.#sinceUnderWay = this.#since;
    this.#since = undefined;
    this.#taken = new Map(this.#found);
    return this.#taken;
  }

  /** Nobody reloads who only asks for the plan. */
  #planned(): FoundArtifacts {
    const failed = this.#failed();
    if (failed !== undefined) throw failed;
    return new Map(this.#found);
  }

  told(): Promise<boolean> {
    return this.#reporter.sent();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unsubscribe();
    process.off("exit", this.#tellEnd);
    clearTimeout(this.#slow);
    this.#plugins[Symbol.dispose]();
    const closed = new HotswapError("HOTSWAP_CLOSED", "the swapper was closed while it waited for builds");
    for (const { done } of this.#waits) done.reject(closed);
    // What could not be opened was reported.
    await this.#control?.then((control) => control.close()).catch(() => undefined);
    await this.told();
  }

  #builderOf(options: BuildOptions): PluginBuild<MemoryBuild> {
    const builder = createCachedBuilder(options);
    const build = async (changed: readonly string[] | undefined): Promise<MemoryBuild> => {
      const built = await builder.buildInMemory(changed);
      if (this.#builds.write) await builder.build();
      return built;
    };
    return { build, close: () => builder.close() };
  }

  #built(plugin: WatchedPlugin, built: Built<MemoryBuild>, before: boolean | undefined): void {
    if (!built.ok) {
      const error = toWire(built.error);
      this.#putBack(plugin);
      // Whatever happened meanwhile, the same is wrong.
      if (this.#failures.get(plugin.name) === error.message) return;
      this.#failures.set(plugin.name, error.message);
      this.#reporter.send({ type: "build failed", plugin: plugin.name, error });
      return;
    }
    this.#failures.delete(plugin.name);
    const { artifact } = built.result;
    const key = plugin.name.toLowerCase();
    const known = this.#found.get(key);
    this.#found.set(key, artifact);
    if (known?.hash !== artifact.hash || !this.#isSettled(plugin, artifact)) this.#since ??= built.since;
    else if (before === false) {
      this.#reporter.send({ type: "mended", about: plugin.name, what: `${plugin.name} is what is live` });
    }
  }

  /** A plugin that cannot be built stays what it is: an older build that was refused must not keep back what others change. */
  #putBack({ name }: WatchedPlugin): void {
    const key = name.toLowerCase();
    const { current } = this.#target.swapper;
    const found = this.#found.get(key);
    if (current === undefined || found === undefined || this.#step !== undefined) return;
    const live = current.findPlugin(name)?.hash;
    if (found.hash === live) return;
    const before = this.#live.get(key);
    if (live === undefined) this.#found.delete(key);
    else if (before?.hash === live) this.#found.set(key, before);
    else return;
    const isNews = this.#found.values().some(({ name: each, hash }) => current.findPlugin(each)?.hash !== hash);
    const isGone = current.plugins.some((plugin) => !this.#found.has(plugin.name.toLowerCase()));
    if (isNews || isGone) this.#since ??= performance.now();
  }

  /** Whether it is live, or about to be. The next save tries again what was rolled back or refused. */
  #isSettled({ name }: WatchedPlugin, { hash }: FoundArtifact): boolean {
    return this.#isReloading || this.#target.swapper.current?.findPlugin(name)?.hash === hash;
  }

  #heard(news: ReloadNews): void {
    if (news.type === "start") this.#step = "scan";
    else if (news.type === "progress") this.#step = news.phase;
    else if (news.type === "end") {
      this.#step = undefined;
      clearTimeout(this.#slow);
      this.#reloaded(news.record);
    } else if (news.type === "error") {
      const event = eventOf(news);
      if (event.type === "error") this.#sendUnlessPrinted(event.error);
    }
  }

  /** Bun prints what a request's function throws in the same turn. */
  #sendUnlessPrinted(error: ErrorReport): void {
    const printed = (): number => Array.from(this.#target.swapper.servers).reduce((sum, each) => sum + each.printed, 0);
    const before = printed();
    setImmediate(() => {
      if (printed() > before) return;
      const live = this.#target.swapper.current?.findPlugin(error.plugin);
      const isReplaced = live !== undefined && live.generation > error.generation;
      this.#reporter.send({ type: "plugin error", error, isReplaced });
    });
  }

  #left(plugin: WatchedPlugin): void {
    const wasBuilt = this.#found.delete(plugin.name.toLowerCase());
    const isLive = this.#target.swapper.current?.findPlugin(plugin.name) !== undefined;
    this.#failures.delete(plugin.name);
    if (!isLive) this.#reporter.send({ type: "left", plugin: plugin.name });
    if (wasBuilt || isLive) {
      this.#gone.set(plugin.name, plugin);
      this.#since ??= performance.now();
    } else {
      removeStaleArtifact(this.#builds.build.outputDir, plugin.name, plugin.root);
    }
  }

  #idle(): void {
    for (const wait of this.#waits) if (wait.isOver()) wait.done.resolve();
    if (!this.#isComplete) {
      const missing = this.#plugins.plugins.filter(({ built }) => built !== true);
      const plugins = missing.map(({ dir }) => displayPath(dir));
      if (plugins.length === 0 || plugins.join() === this.#waitingFor) return;
      this.#waitingFor = plugins.join();
      this.#reporter.send({ type: "waiting", plugins });
    } else if (this.#since !== undefined) {
      void this.#reloadNews();
    }
  }

  /** Makes the host reload until everything that was built is live or was refused. */
  async #reloadNews(): Promise<void> {
    if (this.#isReloading) return;
    this.#isReloading = true;
    try {
      // A reload that is refused takes what is new all the same.
      while (this.#since !== undefined && !this.#plugins.busy && !this.#isClosed) await this.#target.reload();
    } catch (error) {
      if (!this.#isClosed) {
        this.#reporter.send({ type: "failed", what: "the host could not reload", error: toWire(error) });
      }
    } finally {
      this.#isReloading = false;
    }
  }

  /** What failed is tried again first. */
  async #reloadAsked(how: Parameters<HostTarget["reload"]>[0]): Promise<ReloadRecord> {
    this.#failures.clear();
    this.#plugins.retry();
    await this.#until(() => !this.#plugins.busy);
    const failed = this.#failed();
    if (failed === undefined || this.#since !== undefined) return this.#target.reload(how);
    throw failed;
  }

  /** The error for a reload while plugins cannot be built and every other change is live. */
  #failed(): HotswapError | undefined {
    const failed = this.#plugins.plugins.filter(({ built }) => built === false).map(({ name }) => name);
    if (failed.length === 0) return undefined;
    const problem = `${failed.join(", ")} cannot be built (hotswap dev says why), and nothing else changed`;
    return new HotswapError("HOTSWAP_BUILD_FAILED", problem);
  }

  #reloaded(record: ReloadRecord): void {
    const since = record.kind === "reload" ? this.#sinceUnderWay : undefined;
    this.#sinceUnderWay = undefined;
    if (record.ok && record.kind !== "rollback") this.#live = this.#taken;
    if (record.ok) this.#forgetGone();
    // What could not be built any more while it was refused.
    else for (const plugin of this.#plugins.plugins) if (plugin.built === false) this.#putBack(plugin);
    this.#reporter.send({
      type: "reloaded",
      reload: reloadOf(record),
      since: since === undefined ? null : performance.now() - since,
    });
    this.#tellHostFiles();
  }

  /** A later load of the output folder must not find a plugin that is gone. */
  #forgetGone(): void {
    for (const { name, root } of this.#gone.values()) removeStaleArtifact(this.#builds.build.outputDir, name, root);
    this.#gone.clear();
  }

  /** Whoever watches the host is told what it has loaded. */
  #tellHostFiles(): void {
    const since = this.#foundAt;
    this.#reporter.send(() => {
      const files = this.#hostFiles.take();
      return files.length > 0 ? { type: "host files", files, since } : undefined;
    });
  }

  /** Waits for builds. Rejects with `HOTSWAP_CLOSED`. The process does not end meanwhile. */
  async #until(isOver: () => boolean): Promise<void> {
    if (isOver()) return;
    const wait: Wait = { isOver, done: Promise.withResolvers() };
    const alive = setInterval(() => undefined, 60_000);
    this.#waits.add(wait);
    try {
      await wait.done.promise;
    } finally {
      clearInterval(alive);
      this.#waits.delete(wait);
    }
  }
}
