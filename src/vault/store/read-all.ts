import { nextTurn } from "../../turn.ts";
import type { StoreRecord } from "./data-store.ts";

/** How many records are read before other work gets its turn. */
const RECORDS_PER_TURN = 512;

/** Hands every record to `take`. Of records that are there without waiting, another reader may take the rest meanwhile. */
export async function readAll(
  records: AsyncIterable<StoreRecord> | Iterable<StoreRecord>,
  take: (record: StoreRecord) => void,
): Promise<void> {
  let read = 0;
  for await (const record of records) {
    take(record);
    if (++read % RECORDS_PER_TURN === 0) await nextTurn();
  }
}
