import { statSync } from "node:fs";
import type { BuildOptions } from "../../build/index.ts";
import { fillOptions } from "../../build/options.ts";
import { FolderWatcher } from "../../watch/folder-watcher.ts";
import { SourceState } from "./source-state.ts";

/** How one build ended. `since` is when its reason was noticed, as `performance.now()` tells it. */
export type Built<Result> = { readonly since: number } & (
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: unknown }
);

/** What builds one plugin. */
export interface PluginBuild<Result> {
  /** Is told everything that changed since the last build that succeeded, when it is known. */
  readonly build: (changed: readonly string[] | undefined) => Promise<Result>;
  /** Called when nobody builds the plugin any more. */
  readonly close?: () => void;
}

export type BuilderOf<Result> = (build: BuildOptions) => PluginBuild<Result>;

export interface PluginBuilderOptions<Result> {
  readonly build: BuildOptions;
  /** Makes what builds the plugin, and is called once. */
  readonly builderOf: BuilderOf<Result>;
  /** The files that went into a build; absolute paths. */
  readonly filesOf: (result: Result) => readonly string[];
  /** Keep the process running. */
  readonly persistent: boolean;
  /** Called after each build, the first one as well; not for builds whose source changed meanwhile. */
  readonly onBuilt: (built: Built<Result>) => void;
  /** Called when nothing is left to be built. */
  readonly onIdle: () => void;
  /** Called when the operating system refuses to watch. */
  readonly onError: (error: unknown) => void;
}

/** How long a file that looks unfinished is waited for, in ms. */
const PATIENCE = 100;

/** In ms: what cannot be built is looked at again after this time, before it is said to be wrong. */
const WRITING = 20;

/** So many builds in a row are given up because the source changed meanwhile; then one is taken as it is. */
const MOST_REPEATS = 20;

/** Thrown within a build whose source changed while it was read. */
class SourceChanged extends Error {}

/**
 * Builds a plugin whenever its source changes, at once: there is no time to wait for, because a file that is half-written
 * is told by its content, and before the result is given out, the source is looked at once more. Only what was read in
 * one piece is given out, and no edit is lost.
 */
export class PluginBuilder<Result> implements Disposable {
  readonly #options: PluginBuilderOptions<Result>;
  readonly #watcher: FolderWatcher;
  readonly #source: SourceState;
  readonly #build: PluginBuild<Result>;
  /** What changed since the last build that succeeded; `undefined` when it may be anything. */
  #changed: Set<string> | undefined;
  /** Files that somebody seems to be writing, each with the time at which they are taken as they are. */
  readonly #unfinished = new Map<string, Timer>();
  /** Where something happened that was not looked at yet. */
  readonly #events = new Set<string | undefined>();
  #stale = true;
  #since = performance.now();
  #building = false;
  /** When the newest build began, in ms since 1970. */
  #startedAt = 0;
  /** What the newest build was told to read; `undefined` when it read everything. */
  #built: readonly string[] | undefined;
  /** Whether what was there at the beginning was read, or is about to be. */
  #isListed = false;
  /** Whether the build under way is given up when the source changes. */
  #particular = true;
  #closed = false;

  /** Begins to watch, and to build. Throws HOTSWAP_BUILD_FAILED when the options cannot be used. */
  constructor(options: PluginBuilderOptions<Result>) {
    this.#options = options;
    const { pluginDir: dir, include } = fillOptions(options.build);
    // First, because it may throw: nobody would close the watcher.
    this.#build = options.builderOf({ ...options.build, beforePublish: () => this.#requireCurrent() });
    this.#watcher = new FolderWatcher(dir, {
      recursive: true,
      persistent: options.persistent,
      onChange: (path) => this.#noticed(path),
      onError: options.onError,
    });
    this.#source = new SourceState(dir, include);
    for (const path of this.#source.empty()) this.#await(path);
    void this.#catchUp();
  }

  /** Whether a build is under way, or is about to begin. */
  get busy(): boolean {
    return this.#building || this.#unfinished.size > 0 || this.#events.size > 0;
  }

  /** Builds once more, whether something changed or not. */
  again(): void {
    if (!this.busy) this.#since = performance.now();
    this.#stale = true;
    this.#changed = undefined;
    void this.#catchUp();
  }

  close(): void {
    this.#closed = true;
    this.#build.close?.();
    this.#watcher.close();
    for (const timer of this.#unfinished.values()) clearTimeout(timer);
    this.#unfinished.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #noticed(path: string | undefined): void {
    if (!this.busy) this.#since = performance.now();
    // One write causes several events, which come together.
    if (this.#events.size === 0) setImmediate(() => this.#look());
    this.#events.add(path);
  }

  /** Finds out what happened, and builds if there is something new. */
  #look(): void {
    if (this.#closed) return;
    const paths = new Set<string>();
    for (const event of this.#events) for (const path of this.#source.filesAt(event)) paths.add(path);
    this.#events.clear();
    for (const path of paths) this.#examine(path);
    void this.#catchUp();
  }

  #examine(path: string): void {
    clearTimeout(this.#unfinished.get(path));
    this.#unfinished.delete(path);
    const finding = this.#source.examine(path);
    if (finding === "changed") this.#hasChanged(path);
    if (finding === "unfinished") this.#await(path);
  }

  #hasChanged(path: string): void {
    this.#stale = true;
    this.#changed?.add(path);
  }

  /** If nothing more happens to the file, it is taken as it is. */
  #await(path: string): void {
    const timer = setTimeout(() => {
      this.#unfinished.delete(path);
      if (this.#source.take(path)) this.#hasChanged(path);
      void this.#catchUp();
    }, PATIENCE);
    this.#unfinished.set(path, timer);
  }

  async #catchUp(): Promise<void> {
    if (this.#building) return;
    this.#building = true;
    let repeats = 0;
    while (this.#stale && this.#unfinished.size === 0 && !this.#closed) {
      const since = this.#since;
      this.#stale = false;
      const built = await this.#buildOnce(since, repeats < MOST_REPEATS);
      repeats++;
      if (this.#closed) return;
      if (built === undefined) {
        // The build gave nothing, so it is still to be done, whatever happens to the source.
        this.#stale = true;
        this.#since = since;
      } else {
        this.#options.onBuilt(built);
        this.#learn(built);
      }
    }
    this.#building = false;
    if (this.busy || this.#closed) return;
    this.#options.onIdle();
    if (this.#isListed) return;
    this.#isListed = true;
    setTimeout(() => void this.#source.readListed(), PATIENCE).unref();
  }

  /** From here on, everything that went into the build is watched. */
  #learn(built: Built<Result>): void {
    const used = built.ok ? this.#options.filesOf(built.result) : undefined;
    const unknown = this.#source.learn(used, this.#built !== undefined);
    // Nobody watched them while they were read.
    for (const path of unknown) if (modifiedSince(path, this.#startedAt)) this.#hasChanged(path);
  }

  /** Returns `undefined` when the source changed meanwhile. */
  async #buildOnce(since: number, particular: boolean): Promise<Built<Result> | undefined> {
    this.#particular = particular;
    this.#startedAt = Date.now();
    const changed = this.#changed;
    this.#changed = new Set();
    this.#built = changed && Array.from(changed);
    try {
      return { ok: true, since, result: await this.#build.build(this.#built) };
    } catch (error) {
      this.#changed = this.#changed && changed?.union(this.#changed);
      if (error instanceof SourceChanged) return undefined;
      // What is wrong may be wrong because it was half-written: some programs write over a file first, and cut it off after that.
      if (particular) await Bun.sleep(WRITING);
      return particular && !this.#isCurrent() ? undefined : { ok: false, since, error };
    }
  }

  /** Before the result is given out. */
  #requireCurrent(): void {
    if (this.#particular && !this.#isCurrent()) throw new SourceChanged();
  }

  /**
   * Whether the source is what it was when the build began. Events that are still on their way are not waited for; of what the
   * build did not read, they tell later.
   */
  #isCurrent(): boolean {
    for (const path of this.#source.touched(this.#built)) this.#examine(path);
    return !this.#stale && this.#unfinished.size === 0;
  }
}

function modifiedSince(path: string, time: number): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= time;
}
