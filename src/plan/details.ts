import type { Phase } from "../errors.ts";
import type { ReloadNote } from "../link/note.ts";
import type { MigrationOutcome } from "../vault/bag/transaction.ts";
import type { ProbationState } from "./probation-state.ts";
import { compareNames } from "../link/link.ts";
import type { Change, Changes } from "./changes.ts";

/** How many plugins a summary names. */
const NAMED = 20;

/** How long each step took, in ms. */
export type PhaseTimings = Readonly<Partial<Record<Phase | "hold" | "swap", number>>>;

/** What a load or reload did with each plugin: name to note, sorted by name. `String(details)` prints it. */
export class ReloadDetails extends Map<string, ReloadNote> {
  /** In ms, by step; empty for a plan. */
  readonly timings: PhaseTimings;
  /** The end of the probation that was asked for; `undefined` when none was. Never rejects. */
  probation: Promise<ProbationState> | undefined;

  /** `notes` come sorted by name. @internal */
  constructor(notes: Iterable<readonly [string, ReloadNote]> = [], timings: PhaseTimings = {}) {
    super(notes);
    this.timings = timings;
  }

  /** `alpha: ok, beta: relinked, gamma: unchanged`. */
  override toString(): string {
    return Array.from(this, ([name, note]) => `${name}: ${note}`).join(", ");
  }
}

/** What a reload did that made a set of these `names`. They are sorted. */
export function reloadDetails(names: readonly string[], { notable }: Changes, timings: PhaseTimings): ReloadDetails {
  const removed = Array.from(notable.values()).filter(({ note }) => note === "removed");
  const all = removed.length === 0 ? names : [...names, ...removed.map(({ name }) => name)].toSorted(compareNames);
  const details = new ReloadDetails([], timings);
  for (const name of all) details.set(name, "unchanged");
  for (const { name, note } of notable.values()) details.set(name, note);
  return details;
}

/**
 * For a line of the log: what `String(details)` says of a small set. Of a large one the first plugins that are not
 * `unchanged`, and how many others there are of each note: `alpha: ok, beta: relinked, 4998 unchanged`.
 */
export function summary(details: ReloadDetails): string {
  if (details.size === 0) return "no plugins";
  if (details.size <= NAMED) return String(details);
  const named: string[] = [];
  const others = new Map<ReloadNote, number>();
  for (const [name, note] of details) {
    if (note !== "unchanged" && named.length < NAMED) named.push(`${name}: ${note}`);
    else others.set(note, (others.get(note) ?? 0) + 1);
  }
  return [...named, ...Array.from(others, ([note, count]) => `${count} ${note}`)].join(", ");
}

/** What a reload would do: {@link ReloadDetails} with the reason of each note. */
export class ReloadPlan extends ReloadDetails {
  /** Why each plugin gets its note, by name. */
  readonly reasons: ReadonlyMap<string, string>;
  /** What would become of older data; `undefined` when that was not rehearsed. */
  readonly migrations: readonly MigrationOutcome[] | undefined;

  constructor(changes: Iterable<Change>, migrations?: readonly MigrationOutcome[]) {
    const list = Array.from(changes);
    super(list.map(({ name, note }) => [name, note]));
    this.reasons = new Map(list.map(({ name, reason }) => [name, reason]));
    this.migrations = migrations;
  }
}
