import type { Generation } from "../generation/generation.ts";
import type { FoundArtifact } from "../load/found-artifact.ts";
import type { BagStorage } from "../vault/bag/storage.ts";
import type { MigrationOutcome } from "../vault/bag/transaction.ts";
import type { Change } from "./changes.ts";

/**
 * Tries on copies what a reload would do to older data. The live types of new artifacts are only known when their
 * modules are evaluated, which happens in generations that are discarded at once. Rejects as loading does.
 */
export async function rehearseMigrations(
  changes: Iterable<Change>,
  storage: BagStorage,
  load: (artifact: FoundArtifact) => Promise<Generation>,
): Promise<readonly MigrationOutcome[]> {
  const evaluated: Generation[] = [];
  try {
    const set: Generation[] = [];
    for (const change of changes) {
      if (change.keep !== undefined) set.push(change.keep.generation);
      if (change.load === undefined) continue;
      const generation = await load(change.load);
      evaluated.push(generation);
      set.push(generation);
    }
    const types = new Map(set.flatMap(({ liveTypes }) => [...liveTypes]));
    const transaction = storage.begin(types, { plugins: set.map(({ name }) => name) });
    try {
      return await transaction.rehearse();
    } finally {
      transaction.abort();
    }
  } finally {
    for (const generation of evaluated) await generation.discard();
  }
}
