import type { Step } from "./records.ts";

/** A member that may be asked. */
export interface Candidate {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Ids of the members that a step adds to those that `already` take part. `alive` is sorted by id. */
export function membersOf(step: Step, alive: readonly Candidate[], already: ReadonlySet<string>): string[] {
  const left = alive.filter(({ id }) => !already.has(id));
  if ("label" in step) return left.filter(({ labels }) => labels[step.label] === step.value).map(({ id }) => id);
  const wanted = "count" in step ? step.count : Math.ceil((step.percent / 100) * alive.length);
  const there = alive.length - left.length;
  return left.slice(0, Math.max(0, wanted - there)).map(({ id }) => id);
}
