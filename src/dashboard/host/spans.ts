import type { GenerationStatus } from "../../control/protocol.ts";
import type { GenerationSpan, SpanState } from "../feed.ts";

/** How many generations are kept whose memory was given back. */
const COLLECTED_KEPT = 400;

/**
 * The lives of a host's generations. The host forgets a generation once its memory is given back; a time line does not.
 */
export class Spans {
  readonly #known = new Map<string, GenerationSpan>();

  /** Takes what the host said at `now` (ms since 1970). */
  update(generations: readonly GenerationStatus[], now: number): void {
    const listed = new Set<string>();
    for (const generation of generations) {
      const key = keyOf(generation);
      listed.add(key);
      this.#known.set(key, spanOf(generation, this.#known.get(key), now));
    }
    for (const [key, span] of this.#known) {
      if (listed.has(key) || span.state === "collected") continue;
      this.#known.set(key, { ...span, state: "collected", calls: 0, reached: { ...span.reached, collected: now } });
    }
    this.#forgetOldest();
  }

  /** By plugin and number. */
  list(): GenerationSpan[] {
    return Array.from(this.#known.values()).toSorted(
      (a, b) => (a.plugin === b.plugin ? 0 : a.plugin < b.plugin ? -1 : 1) || a.number - b.number,
    );
  }

  /** Forgets everything: another process answers. */
  clear(): void {
    this.#known.clear();
  }

  #forgetOldest(): void {
    const collected = Array.from(this.#known).filter(([, { state }]) => state === "collected");
    if (collected.length <= COLLECTED_KEPT) return;
    const byEnd = collected.toSorted(([, a], [, b]) => (a.reached.collected ?? 0) - (b.reached.collected ?? 0));
    for (const [key] of byEnd.slice(0, -COLLECTED_KEPT)) this.#known.delete(key);
  }
}

function keyOf({ plugin, number }: Pick<GenerationStatus, "plugin" | "number">): string {
  return `${plugin}#${number}`;
}

/** A state's moment is worked out once, from the first answer that has it: later ones would differ by the way they took. */
function spanOf(generation: GenerationStatus, before: GenerationSpan | undefined, now: number): GenerationSpan {
  const { plugin, number, hash, state, leaked, calls, reached } = generation;
  const moments = Object.entries(reached) as [SpanState, number][];
  const times = moments.map(([name, ago]) => [name, before?.reached[name] ?? Math.round(now - ago)] as const);
  return { plugin, number, hash, state, leaked, calls, reached: Object.fromEntries(times) };
}
