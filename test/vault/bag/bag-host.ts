import type { DataBag } from "../../../src/vault/bag/data-bag.ts";
import { BagStorage, type BagStorageOptions, type BagTransaction } from "../../../src/vault/bag/storage.ts";
import type { LiveType } from "../../../src/vault/live-type.ts";
import { RecordingLogger } from "../../support/logger.ts";

/** A storage with what a swapper would do to it. */
export interface BagHost {
  readonly storage: BagStorage;
  readonly logger: RecordingLogger;
  /** Loads a set with these live types: its `onInit`, the checks, the swap. */
  load(types?: LiveTypes, onInit?: (bag: DataBag) => void): Promise<BagTransaction>;
}

/** Live types by name. */
export type LiveTypes = Readonly<Record<string, LiveType>>;

export async function bagHost(options: Partial<BagStorageOptions> = {}): Promise<BagHost> {
  const logger = new RecordingLogger();
  const storage = await BagStorage.open({ logger, ...options });
  return {
    storage,
    logger,
    async load(types = {}, onInit = () => {}) {
      const transaction = begin(storage, types);
      try {
        onInit(transaction.bag);
        await transaction.prepare();
        transaction.commit();
      } catch (error) {
        transaction.abort();
        throw error;
      }
      return transaction;
    },
  };
}

export function begin(storage: BagStorage, types: LiveTypes = {}, plugins?: Iterable<string>): BagTransaction {
  return storage.begin(new Map(Object.entries(types)), plugins && { plugins });
}
