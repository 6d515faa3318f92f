import type { Fleet, Rollout } from "hotswap/fleet";

/** The parts of a rollout that went well, in ms. */
interface Parts {
  /** From `roll` to the last vote; within it the longest fetch and the longest preparation of a member. */
  readonly voted: number;
  readonly fetch: number;
  readonly prepare: number;
  /** From the last vote to the decision. */
  readonly decide: number;
  /** From the decision to the first and to the last swap. */
  readonly firstSwap: number;
  readonly lastSwap: number;
}

interface BallotText {
  readonly at: number;
  readonly fetch?: number;
  readonly prepare?: number;
}

/** Where the time of rollouts goes, by what the ballots say. */
export class Timeline {
  readonly #fleet: Fleet;
  readonly #parts: Parts[] = [];

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  async add({ id, at }: Rollout): Promise<void> {
    const { store, name } = this.#fleet;
    const round = `${id}.1`;
    const texts = async (collection: string) =>
      (await store.list(name, collection)).map(({ text }) => JSON.parse(text) as BallotText);
    const ready = await texts(`ready/${round}`);
    let swapped = await texts(`swapped/${round}`);
    for (const end = performance.now() + 5000; swapped.length < ready.length && performance.now() < end;) {
      await Bun.sleep(20);
      swapped = await texts(`swapped/${round}`);
    }
    const { docs } = await store.read(name, [{ collection: "decisions", key: round }]);
    const decided = (JSON.parse(docs[0]?.text ?? "{}") as { at: number }).at;
    const largest = (values: readonly (number | undefined)[]): number => Math.max(...values.map((value) => value ?? 0));
    const voted = largest(ready.map((ballot) => ballot.at));
    const swaps = swapped.map((ballot) => ballot.at);
    this.#parts.push({
      voted: voted - at,
      fetch: largest(ready.map(({ fetch }) => fetch)),
      prepare: largest(ready.map(({ prepare }) => prepare)),
      decide: decided - voted,
      firstSwap: Math.min(...swaps) - decided,
      lastSwap: Math.max(...swaps) - decided,
    });
  }

  /** Medians. */
  summary(): string {
    if (this.#parts.length === 0) return "no rollout without a fault to be timed";
    const median = (pick: (parts: Parts) => number): string => {
      const sorted = this.#parts.map(pick).toSorted((one, other) => one - other);
      return `${sorted[Math.floor(sorted.length / 2)]?.toFixed(0)} ms`;
    };
    return [
      `${this.#parts.length} rollouts without a fault, medians: roll to last swap ${median((p) => p.voted + p.decide + p.lastSwap)}`,
      `all votes ${median((p) => p.voted)} (longest fetch ${median((p) => p.fetch)}, longest prepare ${median((p) => p.prepare)})`,
      `decide ${median((p) => p.decide)}`,
      `swap ${median((p) => p.lastSwap)}, skew ${median((p) => p.lastSwap - p.firstSwap)}`,
    ].join("; ");
  }
}
