import type { Rollout } from "hotswap/fleet";

/** What a host answered to one question, as one look at its current set. */
export interface Answer {
  readonly member: string;
  /** When the question was sent and the answer was there, in ms since 1970. */
  readonly sent: number;
  readonly received: number;
  /** Versions by the names of plugins; empty: what lay in its own folder. */
  readonly serves: Readonly<Record<string, number>>;
  /** Every decision that this process was told so far, by round. */
  readonly told: Readonly<Record<string, string>>;
}

/** What a fleet's store says in the end. */
export interface StoreFacts {
  /** By release: what its plugins answer. */
  readonly releases: ReadonlyMap<number, Readonly<Record<string, number>>>;
  readonly rollouts: readonly Rollout[];
  /** By round; `at` is the store's clock. */
  readonly decisions: ReadonlyMap<string, { readonly verdict: string; readonly at: number }>;
  readonly committed: number | null;
}

export interface History {
  readonly answers: readonly Answer[];
  readonly facts: StoreFacts;
  /** How long a rollout may take, in ms. */
  readonly longest: number;
  /** What the members that are alive answered when everything had come to rest. */
  readonly atRest: readonly Answer[];
}

/** How far the clocks that `at`, `sent` and `received` are taken from may be apart on one machine, in ms. */
const CLOCKS = 5;

/** Checks a history against rules F1 to F3. Returns what is wrong with it. */
export function checkHistory(history: History): string[] {
  return [
    ...wholeSets(history),
    ...oneDecision(history),
    ...decidedFirst(history),
    ...ends(history),
    ...agreed(history),
  ];
}

/** F1: what is served is a release's whole set, or the own folder's before the first. */
function* wholeSets({ answers, facts }: History): Generator<string> {
  const sets = new Set(Array.from(facts.releases.values(), textOf).concat(textOf({})));
  const seen = new Map<string, boolean>();
  for (const { member, serves } of answers) {
    const text = textOf(serves);
    if (!sets.has(text)) yield `F1: ${member} served ${text}, which is no release`;
    if (text === textOf({}) && seen.get(member) === true && !wentBackToFolders(facts)) {
      yield `F1: ${member} served its own folder after a release`;
    }
    seen.set(member, text !== textOf({}));
  }
}

/** F2: nobody was told another decision of a round than is in the store. */
function* oneDecision({ answers, facts }: History): Generator<string> {
  const said = new Set<string>();
  for (const { member, told } of answers) {
    for (const [round, verdict] of Object.entries(told)) {
      const decided = facts.decisions.get(round)?.verdict;
      const problem = `F2: ${member} was told ${verdict} in round ${round}, and the store says ${decided ?? "nothing"}`;
      if (verdict === decided || said.has(problem)) continue;
      said.add(problem);
      yield problem;
    }
  }
}

/** F1 and F2: a release is served by nobody before a decision for it. */
function* decidedFirst({ answers, facts }: History): Generator<string> {
  const first = new Map<string, number>();
  for (const { id, release, swapped } of facts.rollouts) {
    const set = facts.releases.get(release);
    if (set === undefined) continue;
    for (const round of swapped) {
      const at = facts.decisions.get(`${id}.${round}`)?.at ?? Infinity;
      first.set(textOf(set), Math.min(at, first.get(textOf(set)) ?? Infinity));
    }
  }
  const said = new Set<string>();
  for (const { member, serves, received } of answers) {
    const text = textOf(serves);
    if (text === textOf({}) || received + CLOCKS >= (first.get(text) ?? Infinity)) continue;
    const problem = `F2: ${member} served ${text} before it was decided`;
    if (!said.has(problem)) yield problem;
    said.add(problem);
  }
}

/** F3: every rollout ends, and in time. */
function* ends({ facts, longest }: History): Generator<string> {
  for (const { id, at, state } of facts.rollouts) {
    if (!("at" in state)) yield `F3: rollout ${id} has not ended: it is ${state.is}`;
    else if (state.at - at > longest) yield `F3: rollout ${id} took ${state.at - at} ms, more than ${longest}`;
  }
}

/** In the end everybody serves what was committed. */
function* agreed({ atRest, facts }: History): Generator<string> {
  const wanted = textOf(facts.committed === null ? {} : (facts.releases.get(facts.committed) ?? {}));
  for (const { member, serves } of atRest) {
    if (textOf(serves) !== wanted) yield `F1: at rest ${member} serves ${textOf(serves)}, and the fleet's is ${wanted}`;
  }
}

function wentBackToFolders({ rollouts }: StoreFacts): boolean {
  return rollouts.some(({ from, state }) => from === null && state.is === "went back");
}

function textOf(serves: Readonly<Record<string, number>>): string {
  const names = Object.keys(serves).toSorted();
  return names.map((name) => `${name} ${serves[name]}`).join(", ") || "nothing";
}
