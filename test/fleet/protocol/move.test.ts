import { describe, expect, test } from "bun:test";
import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  nat,
  oneof,
  property,
  record,
  sample,
  subarray,
  tuple,
} from "fast-check";
import { type Move, move } from "../../../src/fleet/protocol/move.ts";
import { EMPTY_HEAD, type Head, roundOf, type Strategy } from "../../../src/fleet/protocol/records.ts";

const members = ["a", "b", "c"];

const strategy: Arbitrary<Strategy> = record({
  steps: constantFrom(
    [{ percent: 100 }],
    [{ count: 1 }, { percent: 100 }],
    [{ count: 1 }, { percent: 50 }, { percent: 100 }],
  ),
  watch: constantFrom(0, 100),
  maxErrors: constant(0),
  tolerate: constant(0),
  timeout: constant(1000),
});

/** Any move, for the round that is under way or one that is over. */
function made(head: Head): Arbitrary<Move> {
  const id = head.rollout?.id ?? head.rollouts;
  const current = head.rollout === null ? "0.0" : roundOf(head.rollout);
  const round = constantFrom(current, current, current, "1.1", `${id}.9`);
  const participants = subarray(members);
  const failure = { message: "no luck" };
  return oneof(
    record({
      type: constant("roll" as const),
      release: nat(5),
      by: constant("x"),
      strategy,
      members: constant(3),
      participants,
    }),
    record({
      type: constant("decide" as const),
      round,
      verdict: constantFrom("commit" as const, "abort" as const),
    }),
    record({ type: constant("swapped" as const), round }),
    record({ type: constant("watched" as const), round }),
    record({
      type: constant("step" as const),
      round,
      to: constantFrom(1, 2),
      participants,
      promoted: boolean(),
    }),
    record({ type: constant("return" as const), round, failure: constant(failure), participants }),
    record({ type: constant("hold" as const), id: constantFrom(id, id - 1), hold: boolean() }),
  );
}

describe("12 whatever moves are made, in whatever order", () => {
  test("a round is decided once, a rollout ends once, and only a rollout that was committed changes the release", () => {
    assert(
      property(array(tuple(nat(), nat(400)), { maxLength: 40 }), (choices) => {
        let head = EMPTY_HEAD;
        let now = 1000;
        const decided = new Map<string, string>();
        const ended = new Set<number>();
        for (const [seed, ms] of choices) {
          now += ms;
          const [next] = sample(made(head), { numRuns: 1, seed });
          const moved = next === undefined ? undefined : move(head, next, now);
          if (moved === undefined) continue;
          for (const { collection, key, text } of moved.put) {
            if (collection !== "decisions") continue;
            expect(decided.has(key)).toBe(false);
            decided.set(key, text);
          }
          const before = head.rollout;
          const after = moved.head.rollout;
          const rolloutDoc = moved.put.find(({ collection }) => collection === "rollouts");
          const written = JSON.parse(rolloutDoc?.text ?? "{}") as NonNullable<Head["rollout"]>;
          if (after === null) {
            expect(ended.has(written.id)).toBe(false);
            ended.add(written.id);
            expect(["committed", "aborted", "went back"]).toContain(written.state.is);
          } else {
            expect(written).toEqual(after);
            expect(ended.has(after.id)).toBe(false);
            if (before !== null) expect([after.id, after.round >= before.round]).toEqual([before.id, true]);
          }
          if (moved.head.committed !== head.committed) {
            expect([written.state.is, written.release]).toEqual(["committed", moved.head.committed ?? -1]);
            expect(moved.head.previous).toBe(head.committed);
          }
          // Whoever was told to swap was told so by a decision.
          for (const round of written.swapped ?? [])
            expect(decided.get(`${written.id}.${round}`)).toContain('"commit"');
          head = moved.head;
        }
      }),
    );
  });

  test("what is over for a round does not apply to it again", () => {
    const begun = move(
      EMPTY_HEAD,
      {
        type: "roll",
        release: 1,
        by: "x",
        strategy: { steps: [{ percent: 100 }], watch: 0, maxErrors: 0, tolerate: 0, timeout: 1 },
        members: 1,
        participants: ["a"],
      },
      0,
    );
    const head = begun?.head ?? EMPTY_HEAD;
    const aborted = move(head, { type: "decide", round: "1.1", verdict: "abort" }, 5)?.head ?? head;
    expect(aborted.rollout).toBeNull();
    expect(move(aborted, { type: "decide", round: "1.1", verdict: "commit" }, 6)).toBeUndefined();
    expect(move(head, { type: "decide", round: "1.2", verdict: "commit" }, 6)).toBeUndefined();
  });
});
