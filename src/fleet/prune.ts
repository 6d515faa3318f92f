import { type Fleet, fleetFailed } from "./fleet.ts";
import {
  type BallotKind,
  ballots,
  DECISIONS,
  HEAD,
  headOf,
  type Release,
  releaseAt,
  rolloutAt,
  unwell,
} from "./protocol/records.ts";

/** What {@link prune} keeps of the past. */
export interface PruneOptions {
  /** Newest releases, beside those in use. @default 10 */
  readonly keep?: number;
}

/** What {@link prune} removed. */
export interface Pruned {
  readonly releases: readonly number[];
  readonly artifacts: number;
  /** In bytes. */
  readonly bytes: number;
  readonly rollouts: number;
  /** Ids of members whose lease ended more than a day ago. */
  readonly members: readonly string[];
}

const ATTEMPTS = 20;

/** Members that were away for this long are forgotten, in ms. */
const FORGOTTEN_AFTER = 86_400_000;

const KINDS: readonly BallotKind[] = ["asked", "ready", "refused", "swapped"];

/**
 * Removes old releases, the artifacts that no other release has, and the rollouts of what was removed. Kept are the release
 * that the fleet runs and the one before it, those that a member runs, what is being rolled, and the newest (rule F4).
 */
export async function prune(fleet: Fleet, { keep = 10 }: PruneOptions = {}): Promise<Pruned> {
  if (!Number.isInteger(keep) || keep < 0) throw new RangeError(`keep must be a whole number from 0, not ${keep}`);
  const { store, name } = fleet;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { docs } = await store.read(name, [HEAD]);
    const head = headOf(docs[0]);
    const [{ now, members }, releases, rollouts, artifacts] = await Promise.all([
      fleet.status(),
      fleet.releases(),
      fleet.rollouts(),
      store.artifacts(name),
    ]);
    const used = new Set([head.committed, head.previous, head.rollout?.release, head.rollout?.from]);
    for (const { runs } of members) used.add(runs);
    const newest = new Set(releases.slice(Math.max(0, releases.length - keep)));
    const kept = releases.filter((release) => used.has(release.number) || newest.has(release));
    const gone = releases.filter((release) => !kept.includes(release));
    const needed = new Set(kept.flatMap(filesOf));
    const drop = [...artifacts.keys()].filter((file) => !needed.has(file));
    const numbers = new Set(gone.map(({ number }) => number));
    const past = rollouts.filter(({ id, release }) => numbers.has(release) && id !== head.rollout?.id);
    const written = await store.write(name, {
      // A publication, a rollout or a decision in between changes what is in use.
      expect: [{ ...HEAD, version: docs[0]?.version ?? 0 }],
      remove: [
        ...gone.map(({ number }) => releaseAt(number)),
        ...past.map(({ id }) => rolloutAt(id)),
        ...past.flatMap(({ id, round }) => roundsOf(id, round).map((key) => ({ collection: DECISIONS, key }))),
      ],
      clear: past.flatMap(({ id, round }) => [
        unwell(id),
        ...roundsOf(id, round).flatMap((each) => KINDS.map((kind) => ballots(kind, each))),
      ]),
      drop,
    });
    if (!written) continue;
    const forgotten = members.filter(({ lease }) => lease < -FORGOTTEN_AFTER).map(({ id }) => id);
    await Promise.all(forgotten.map((id) => store.forget(name, id, now - FORGOTTEN_AFTER)));
    const bytes = drop.reduce((sum, file) => sum + (artifacts.get(file) ?? 0), 0);
    return { releases: [...numbers], artifacts: drop.length, bytes, rollouts: past.length, members: forgotten };
  }
  throw fleetFailed(`the fleet ${name} was moved by others ${ATTEMPTS} times in a row: try again`);
}

function filesOf({ plugins }: Release): string[] {
  return Object.values(plugins).map(({ file }) => file);
}

function roundsOf(id: number, rounds: number): string[] {
  return Array.from({ length: rounds }, (_, index) => `${id}.${index + 1}`);
}
