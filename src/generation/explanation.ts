import type { GenerationState } from "./generation-record.ts";

/** A generation, as {@link PluginManagerSwapper.generations} lists it. */
export interface GenerationName {
  readonly plugin: string;
  readonly number: number;
}

/** What is left of a generation that was given back. */
export type ExplainedState = GenerationState | "collected";

export interface ExplanationParts extends GenerationName {
  readonly state: ExplainedState;
  readonly path?: readonly string[];
  readonly suspects?: readonly string[];
  readonly detail?: string;
}

/** Why a generation is still in memory, or that it is not. `String(explanation)` tells it. */
export class Explanation implements GenerationName {
  readonly plugin: string;
  readonly number: number;
  readonly state: ExplainedState;
  /**
   * The shortest path of references that keeps a freed generation in memory, from something that the host knows to the
   * generation's code. Empty when there is none, or none that can be seen.
   */
  readonly path: readonly string[];
  /** Collections whose contents cannot be seen, one of which may hold it, each as a path; only when there is no path. */
  readonly suspects: readonly string[];
  readonly #detail: string;

  /** @internal */
  constructor({ plugin, number, state, path = [], suspects = [], detail = "" }: ExplanationParts) {
    this.plugin = plugin;
    this.number = number;
    this.state = state;
    this.path = path;
    this.suspects = suspects;
    this.#detail = detail;
  }

  toString(): string {
    const name = `${this.plugin}#${this.number}`;
    switch (this.state) {
      case "collected":
        return `${name} is not in memory any more${this.#detail}`;
      case "loading":
        return `${name} is being loaded: a reload is preparing it`;
      case "live":
        return `${name} is live: it is part of the current set${this.#detail}`;
      case "draining":
        return `${name} is draining: sets that were swapped out still refer to it${this.#detail}`;
      case "freed":
        return this.#explainFreed(name);
      default:
        return this.state satisfies never;
    }
  }

  #explainFreed(name: string): string {
    if (this.path.length > 0) {
      return `${name} was freed, but it is kept in memory by\n  ${this.path.join(" > ")}\nTake it out there in onFree(), or register it through the scope of onInit().${this.#detail}`;
    }
    const causes = [
      ...this.suspects.map((suspect) => `an entry of ${suspect}`),
      "a listener of an EventTarget or AbortSignal, a native callback, or a value of a WeakMap",
      "the engine itself, for a while: ask again after the next reload",
    ];
    return `${name} was freed and is still in memory, but nothing that can be seen refers to it${this.#detail}. It may be\n${causes.map((cause) => `  ${cause}`).join("\n")}`;
  }
}
