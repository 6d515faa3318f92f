import { nextTurn } from "../../turn.ts";
import type { StoreRecord } from "./data-store.ts";

/** How many records are read before other work gets its turn. */
const RECORDS_PER_TURN = 512;

/**
 * Hands every record to `take`. Where they can be had without waiting, another reader may take the rest between two turns.
 */
export async function readAll(
  records: AsyncIterable<StoreRecord> | Iterable<StoreRecord>,
  take: (record: StoreRecord) => void,
): Promise<void> {
  let read = 0;
  const isTurnOver = (record: StoreRecord): boolean => {
    take(record);
    return ++read % RECORDS_PER_TURN === 0;
  };
  if (Symbol.iterator in records) {
    // `for await` would already have taken a record that it has not handed on.
    for (const record of records) if (isTurnOver(record)) await nextTurn();
  } else {
    for await (const record of records) if (isTurnOver(record)) await nextTurn();
  }
}
