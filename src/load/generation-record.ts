import type { Logger } from "../logger.ts";

/**
 * - `loading`: being prepared by a load or reload that has not swapped yet
 * - `live`: part of the current set
 * - `draining`: only sets that were swapped out refer to it
 * - `freed`: its resources are closed; listed until its memory is given back
 */
export type GenerationState = "loading" | "live" | "draining" | "freed";

const nextStates: Record<GenerationState, readonly GenerationState[]> = {
  loading: ["live", "freed"],
  live: ["draining", "freed"],
  draining: ["freed"],
  freed: [],
};

/** One line of `swapper.generations`. */
export interface GenerationInfo {
  readonly plugin: string;
  /** Counts the generations of this plugin, from 1. */
  readonly number: number;
  readonly hash: string;
  readonly state: GenerationState;
  /** Calls of the host that are under way in it. */
  readonly calls: number;
  /** In ms since it was loaded. */
  readonly age: number;
  /** In ms since it came into each of the states that it has been in. */
  readonly reached: Readonly<Partial<Record<GenerationState, number>>>;
  /** `true` when it was freed, and something still referred to it after `leakAfter`. */
  readonly leaked: boolean;
}

/** What stays known of a generation until its memory is given back. Holds no reference to its code. */
export class GenerationRecord {
  readonly plugin: string;
  readonly number: number;
  readonly hash: string;
  readonly #loadedAt = performance.now();
  /** When it came into each state. */
  readonly #reachedAt = new Map<GenerationState, number>([["loading", this.#loadedAt]]);
  readonly #onFreed: (record: GenerationRecord) => void;
  #state: GenerationState = "loading";
  #rootModule: WeakRef<object> | undefined;
  /** Calls of the host that are under way. */
  calls = 0;
  leaked = false;

  constructor(plugin: string, number: number, hash: string, onFreed: (record: GenerationRecord) => void) {
    this.plugin = plugin;
    this.number = number;
    this.hash = hash;
    this.#onFreed = onFreed;
  }

  get state(): GenerationState {
    return this.#state;
  }

  /** The root module's namespace while it is in memory; every function of the generation keeps it there. */
  get rootModule(): object | undefined {
    return this.#rootModule?.deref();
  }

  set rootModule(module: object) {
    this.#rootModule = new WeakRef(module);
  }

  /** The only place where a generation changes its state. */
  move(to: GenerationState): void {
    if (to === this.#state || !nextStates[this.#state].includes(to)) return;
    this.#state = to;
    this.#reachedAt.set(to, performance.now());
    if (to === "freed") this.#onFreed(this);
  }

  get info(): GenerationInfo {
    const { plugin, number, hash, state, calls, leaked } = this;
    const now = performance.now();
    const reached = Object.fromEntries(Array.from(this.#reachedAt, ([reachedState, at]) => [reachedState, now - at]));
    return { plugin, number, hash, state, calls, leaked, age: now - this.#loadedAt, reached };
  }

  toString(): string {
    return `${this.plugin}#${this.number}`;
  }
}

/** All generations of a swapper that are not yet collected. */
export class GenerationRegistry {
  readonly #logger: Logger;
  readonly #leakAfter: number;
  readonly #records = new Set<GenerationRecord>();
  readonly #counts = new Map<string, number>();
  readonly #leakTimers = new Set<Timer>();
  readonly #collected = new FinalizationRegistry<GenerationRecord>((record) => this.#records.delete(record));

  /** `leakAfter` in ms: how long after it was freed a generation may stay in memory before that is reported. */
  constructor(logger: Logger, leakAfter: number) {
    this.#logger = logger;
    this.#leakAfter = leakAfter;
  }

  /** The record of a generation that is about to be loaded. */
  add(plugin: string, hash: string): GenerationRecord {
    const key = plugin.toLowerCase();
    const number = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, number);
    const record = new GenerationRecord(plugin, number, hash, (freed) => this.#watchForLeak(freed));
    this.#records.add(record);
    return record;
  }

  /** Follows the generation's code from here to its collection. */
  track(record: GenerationRecord, rootModule: object): void {
    record.rootModule = rootModule;
    this.#collected.register(rootModule, record);
  }

  /** Forgets a generation whose code never came to be. */
  drop(record: GenerationRecord): void {
    this.#records.delete(record);
  }

  list(): GenerationInfo[] {
    return Array.from(this.#records, (record) => record.info);
  }

  find(plugin: string, number: number): GenerationRecord | undefined {
    const key = plugin.toLowerCase();
    return Array.from(this.#records).find((record) => record.plugin.toLowerCase() === key && record.number === number);
  }

  close(): void {
    for (const timer of this.#leakTimers) clearTimeout(timer);
    this.#leakTimers.clear();
  }

  #watchForLeak(record: GenerationRecord): void {
    if (record.rootModule === undefined) {
      // It is collected already, or nobody waits for that.
      this.#records.delete(record);
      return;
    }
    const timer = setTimeout(() => {
      this.#leakTimers.delete(timer);
      this.#reportLeak(record);
    }, this.#leakAfter);
    timer.unref();
    this.#leakTimers.add(timer);
  }

  #reportLeak(record: GenerationRecord): void {
    if (record.rootModule === undefined) return;
    // Only a full collection tells what is held from what merely was not looked at.
    Bun.gc(true);
    // Looked at in a later turn of the event loop: a WeakRef keeps what it answered alive until this one ends.
    setTimeout(() => {
      if (record.rootModule === undefined) return;
      record.leaked = true;
      const seconds = Math.round(record.info.age / 1000);
      this.#logger.warn(
        `${record} was freed, but something still refers to its code ${this.#leakAfter} ms later (age ${seconds} s): swapper.explain({ plugin: "${record.plugin}", number: ${record.number} }) names what holds it`,
      );
    }, 0).unref();
  }
}
