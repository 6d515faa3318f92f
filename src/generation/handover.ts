import type { EntryOwner, EntryReader } from "../plugin/registry.ts";
import type { CallOrigin } from "./entrance.ts";

/** A set as its generations see it. */
export interface GenerationSet extends EntryReader {
  /** Follows the promise of a call, as a call of this set; see `Calls.track`. */
  track<Result>(result: Promise<Result>, origin: CallOrigin): Promise<Result>;
}

/** A generation as the swap deals with it. */
interface Member {
  /** Changes nothing but what is known of it. */
  enter(): void;
  leave(last: GenerationSet | undefined): void;
  /** What is switched with it; this runs code of hosts and plugins. */
  readonly scope: { enter(): void; leave(): void };
}

/** The set that is current, as the generations of one swapper see it, and the step from it to the next. */
export class Handover {
  #current: GenerationSet | undefined;

  get current(): GenerationSet | undefined {
    return this.#current;
  }

  /**
   * Makes `next` the current set; `undefined` when there is none any more. One synchronous step that never throws: who is
   * called in it, such as the listeners of `scope.retired`, finds the new set whole.
   */
  step(next: GenerationSet | undefined, leaving: readonly Member[], coming: readonly Member[]): void {
    const last = this.#current;
    this.#current = next;
    for (const generation of leaving) generation.leave(last);
    for (const generation of coming) generation.enter();
    for (const generation of leaving) generation.scope.leave();
    for (const generation of coming) generation.scope.enter();
  }
}

/** How a generation stands to the current set: it waits for the swap, is part of it, or has left. */
export class Standing implements EntryOwner {
  readonly plugin: string;
  readonly key: string;
  readonly #handover: Handover;
  #state: "coming" | "current" | "left" = "coming";
  /** While it is coming, the set that is being prepared; after it left, the last one that it was part of. */
  #own: GenerationSet | undefined;

  constructor(plugin: string, handover: Handover) {
    this.plugin = plugin;
    this.key = plugin.toLowerCase();
    this.#handover = handover;
  }

  get isCurrent(): boolean {
    return this.#state === "current";
  }

  get hasLeft(): boolean {
    return this.#state === "left";
  }

  /** The set that the generation's code sees. */
  get set(): GenerationSet | undefined {
    return this.#own ?? this.#handover.current;
  }

  sees(owner: EntryOwner): boolean {
    return this.set?.sees(owner) === true;
  }

  /** The generation is to be part of `set`. */
  join(set: GenerationSet): void {
    this.#own = set;
  }

  enter(): void {
    this.#state = "current";
    this.#own = undefined;
  }

  /** `last` is the set that it was part of; none when it was never in the current one. A second call does nothing. */
  leave(last: GenerationSet | undefined): void {
    if (this.#state === "current") this.#own = last;
    this.#state = "left";
  }

  /** Lets go of the set. */
  end(): void {
    this.#state = "left";
    this.#own = undefined;
  }
}
