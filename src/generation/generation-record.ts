import { FunctionTable, GenerationStats } from "./call-stats.ts";
import type { ErrorLog } from "./error-log.ts";

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
  /** Counts the generations of this plugin, from 1; 0 for what `plan({ rehearse: true })` evaluated and discarded. */
  readonly number: number;
  readonly hash: string;
  readonly state: GenerationState;
  /** Calls of the host that are under way in it. */
  readonly calls: number;
  /** WebSockets whose data is this generation's, and whose events go to it until they close. */
  readonly sockets: number;
  /** In ms since it was loaded. */
  readonly age: number;
  /** In ms since it came into each of the states that it has been in. */
  readonly reached: Readonly<Partial<Record<GenerationState, number>>>;
  /** `true` when it was freed, and something still referred to it after `leakAfter`. */
  readonly leaked: boolean;
}

/** What registry and records tell of generations. */
export interface RegistryOptions {
  /** Hears of every generation that is freed while its code is in memory. */
  readonly onFreed: (record: GenerationRecord) => void;
  /** Whether calls are counted and timed, and not only what fails. */
  readonly countsCalls: boolean;
  readonly errors: ErrorLog;
}

/** What stays known of a generation until its memory is given back. Holds no reference to its code. */
export class GenerationRecord {
  readonly plugin: string;
  readonly number: number;
  readonly hash: string;
  readonly stats: GenerationStats;
  readonly #loadedAt = performance.now();
  /** When it came into each state. */
  readonly #reachedAt = new Map<GenerationState, number>([["loading", this.#loadedAt]]);
  readonly #onFreed: (record: GenerationRecord) => void;
  #state: GenerationState = "loading";
  readonly #witnesses: WeakRef<object>[] = [];
  /** Calls of the host that are under way. */
  calls = 0;
  /** WebSockets that are pinned to it. */
  sockets = 0;
  leaked = false;

  constructor(
    plugin: string,
    number: number,
    hash: string,
    stats: GenerationStats,
    onFreed: (record: GenerationRecord) => void,
  ) {
    this.plugin = plugin;
    this.number = number;
    this.hash = hash;
    this.stats = stats;
    this.#onFreed = onFreed;
  }

  get state(): GenerationState {
    return this.#state;
  }

  /**
   * The generation's bridge, as long as any of its code is in memory; `undefined` before there is any code, and after
   * its memory was given back. Reading it keeps it alive until the end of this turn of the event loop.
   */
  get bridge(): object | undefined {
    return this.code?.bridge;
  }

  /** As {@link bridge}, with the graph that the code was evaluated in. */
  get code(): { readonly bridge: object; readonly graph: object | undefined } | undefined {
    const [bridge, graph, ...others] = this.#witnesses.map((witness) => witness.deref());
    const all = this.#witnesses.length === 1 ? [bridge] : [bridge, graph, ...others];
    return bridge === undefined || all.includes(undefined) ? undefined : { bridge, graph };
  }

  /** Whether there has been code to free. */
  get hadCode(): boolean {
    return this.#witnesses.length > 0;
  }

  /**
   * Takes an object that is in memory as long as any of the generation's code is; the first is its bridge, the second its
   * graph.
   */
  addWitness(witness: object): void {
    this.#witnesses.push(new WeakRef(witness));
  }

  /** The only place where a generation changes its state. */
  move(to: GenerationState): void {
    if (to === this.#state || !nextStates[this.#state].includes(to)) return;
    this.#state = to;
    this.#reachedAt.set(to, performance.now());
    if (to === "freed") this.#onFreed(this);
  }

  get info(): GenerationInfo {
    const { plugin, number, hash, state, calls, sockets, leaked } = this;
    const now = performance.now();
    const reached = Object.fromEntries(Array.from(this.#reachedAt, ([reachedState, at]) => [reachedState, now - at]));
    return { plugin, number, hash, state, calls, sockets, leaked, age: now - this.#loadedAt, reached };
  }

  toString(): string {
    return `${this.plugin}#${this.number}`;
  }
}

/** What all generations of one plugin counted together. */
export class PluginTotals {
  failures = 0;
  uncaught = 0;
  readonly functions = new FunctionTable();

  addAll({ failures, uncaught, functions }: Pick<GenerationStats, "failures" | "uncaught" | "functions">): void {
    this.failures += failures;
    this.uncaught += uncaught;
    this.functions.addAll(functions);
  }
}

/** All generations of a swapper that are not yet collected. */
export class GenerationRegistry {
  readonly #options: RegistryOptions;
  /** What generations that were freed had counted, by the plugin's name. */
  readonly #past = new Map<string, PluginTotals>();
  readonly #records = new Set<GenerationRecord>();
  readonly #counts = new Map<string, number>();
  readonly #collected = new FinalizationRegistry<GenerationRecord>((record) => this.#records.delete(record));

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** The record of a generation that is about to be loaded. One that is only rehearsed is not counted. */
  add(plugin: string, hash: string, { isRehearsal = false } = {}): GenerationRecord {
    const key = plugin.toLowerCase();
    const count = this.#counts.get(key) ?? 0;
    const number = isRehearsal ? 0 : count + 1;
    this.#counts.set(key, count + (isRehearsal ? 0 : 1));
    const { countsCalls, errors, onFreed } = this.#options;
    const origin = { plugin, generation: number };
    const stats = new GenerationStats(countsCalls, {
      report: (error, source, name, times) => errors.add(error, { ...origin, source, function: name }, times),
      repeat: (name, error) => errors.repeat(error, { ...origin, source: "call", function: name }),
    });
    const record = new GenerationRecord(plugin, number, hash, stats, (freed) => {
      this.#remember(freed);
      if (freed.hadCode) onFreed(freed);
      else this.#records.delete(freed);
    });
    this.#records.add(record);
    return record;
  }

  /**
   * Follows the generation's code until it is collected; see {@link GenerationRecord.addWitness}. One collected witness
   * is enough: a leftover on the engine's stack can look like a reference to one of them, but hardly to all.
   */
  track(record: GenerationRecord, witness: object): void {
    record.addWitness(witness);
    this.#collected.register(witness, record);
  }

  list(): GenerationInfo[] {
    return Array.from(this.#records, (record) => record.info);
  }

  /** The record, if the generation is not yet collected. */
  find(plugin: string, number: number): GenerationRecord | undefined {
    const key = plugin.toLowerCase();
    for (const record of this.#records) {
      if (record.number === number && record.plugin.toLowerCase() === key) return record;
    }
    return undefined;
  }

  /** How many generations of the plugin there have been. */
  count(plugin: string): number {
    return this.#counts.get(plugin.toLowerCase()) ?? 0;
  }

  /** The names of all plugins that were ever loaded, in lower case. */
  get plugins(): string[] {
    return Array.from(this.#counts.keys());
  }

  /** Everything that was ever counted, by the plugin's name. */
  totals(): Map<string, PluginTotals> {
    const totals = new Map<string, PluginTotals>();
    const totalOf = (plugin: string): PluginTotals => {
      const known = totals.get(plugin) ?? new PluginTotals();
      totals.set(plugin, known);
      return known;
    };
    for (const [plugin, past] of this.#past) totalOf(plugin).addAll(past);
    for (const { plugin, state, stats } of this.#records) if (state !== "freed") totalOf(plugin).addAll(stats);
    return totals;
  }

  #remember({ plugin, stats }: GenerationRecord): void {
    const past = this.#past.get(plugin) ?? new PluginTotals();
    past.addAll(stats);
    this.#past.set(plugin, past);
  }

  [Symbol.iterator](): IterableIterator<GenerationRecord> {
    return this.#records.values();
  }
}
