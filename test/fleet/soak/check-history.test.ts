import { describe, expect, test } from "bun:test";
import type { Rollout } from "hotswap/fleet";
import { type Answer, checkHistory, type History } from "./check-history.ts";

const strategy = { steps: [{ percent: 100 }], watch: 0, maxErrors: 0, tolerate: 0, timeout: 1000 };

function rollout(id: number, over: Partial<Rollout> = {}): Rollout {
  const from = id === 1 ? null : id - 1;
  const base = { id, release: id, from, by: "x", at: id * 1000, strategy, members: 2, step: 0, round: 1, hold: false };
  return { ...base, swapped: [1], state: { is: "committed", at: id * 1000 + 100 }, ...over };
}

function answer(member: string, at: number, version: number, over: Partial<Answer> = {}): Answer {
  const serves: Record<string, number> = version === 0 ? {} : { alpha: version, beta: version };
  return { member, sent: at, received: at + 1, serves, told: {}, ...over };
}

/** Two rollouts, both committed, that two members took part in as they should. */
function sound(): History {
  return {
    longest: 2000,
    answers: [
      answer("a", 500, 0),
      answer("a", 1150, 1, { told: { "1.1": "commit" } }),
      answer("b", 1160, 1, { told: { "1.1": "commit" } }),
      answer("a", 2150, 2, { told: { "1.1": "commit", "2.1": "commit" } }),
      answer("b", 2160, 2, { told: { "2.1": "commit" } }),
    ],
    atRest: [answer("a", 3000, 2), answer("b", 3000, 2)],
    facts: {
      releases: new Map([1, 2].map((version) => [version, { alpha: version, beta: version }])),
      rollouts: [rollout(1), rollout(2)],
      decisions: new Map([1, 2].map((id) => [`${id}.1`, { verdict: "commit", at: id * 1000 + 100 }])),
      committed: 2,
    },
  };
}

describe("12 the history checker", () => {
  test("finds nothing in a history that is sound", () => {
    expect(checkHistory(sound())).toEqual([]);
  });

  const planted: readonly (readonly [what: string, change: (history: History) => History, found: RegExp])[] = [
    [
      "a mixture of two releases",
      (history) => ({
        ...history,
        answers: [...history.answers, answer("a", 2200, 2, { serves: { alpha: 2, beta: 1 } })],
      }),
      /^F1: a served alpha 2, beta 1, which is no release$/,
    ],
    [
      "a part of a release",
      (history) => ({ ...history, answers: [...history.answers, answer("a", 2200, 2, { serves: { alpha: 2 } })] }),
      /^F1: a served alpha 2, which is no release$/,
    ],
    [
      "an own folder after a release",
      (history) => ({ ...history, answers: [...history.answers, answer("a", 2200, 0)] }),
      /^F1: a served its own folder after a release$/,
    ],
    [
      "a member that was told another decision",
      (history) => ({ ...history, answers: [...history.answers, answer("b", 2200, 2, { told: { "2.1": "abort" } })] }),
      /^F2: b was told abort in round 2.1, and the store says commit$/,
    ],
    [
      "a decision that is not in the store",
      (history) => ({ ...history, answers: [...history.answers, answer("b", 2200, 2, { told: { "2.2": "commit" } })] }),
      /^F2: b was told commit in round 2.2, and the store says nothing$/,
    ],
    [
      "a swap before the decision",
      (history) => ({ ...history, answers: [...history.answers, answer("a", 2050, 2)] }),
      /^F2: a served alpha 2, beta 2 before it was decided$/,
    ],
    [
      "a release that was aborted and served all the same",
      (history) => {
        const aborted = rollout(2, { swapped: [], state: { is: "aborted", at: 2100 } });
        return { ...history, facts: { ...history.facts, rollouts: [rollout(1), aborted] } };
      },
      /^F2: a served alpha 2, beta 2 before it was decided$/,
    ],
    [
      "a rollout without an end",
      (history) => {
        const open = rollout(2, { state: { is: "swapping", participants: 2, deadline: 3000 } });
        return { ...history, facts: { ...history.facts, rollouts: [rollout(1), open] } };
      },
      /^F3: rollout 2 has not ended: it is swapping$/,
    ],
    [
      "a rollout that took too long",
      (history) => ({ ...history, longest: 50 }),
      /^F3: rollout 1 took 100 ms, more than 50$/,
    ],
    [
      "a member that is behind for good",
      (history) => ({ ...history, atRest: [answer("a", 3000, 2), answer("b", 3000, 1)] }),
      /^F1: at rest b serves alpha 1, beta 1, and the fleet's is alpha 2, beta 2$/,
    ],
  ];
  for (const [what, change, found] of planted) {
    test(`finds ${what}`, () => {
      expect(checkHistory(change(sound()))[0]).toMatch(found);
    });
  }
});
