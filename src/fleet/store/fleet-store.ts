/*
 * What a fleet needs of a database. It knows nothing of releases and rollouts: documents with versions, leases by its own
 * clock, artifacts by their hash, and hints. What may follow what is decided by src/fleet/protocol alone.
 */

/** Where a document lies. */
export interface Address {
  readonly collection: string;
  readonly key: string;
}

export interface Doc extends Address {
  /** Counts the writes, from 1. */
  readonly version: number;
  readonly text: string;
}

/** Documents as they were at one moment of the store's clock. */
export interface Snapshot {
  /** Milliseconds since 1970 by the store's clock. */
  readonly now: number;
  /** In the order in which they were asked for; `undefined` where there is none. */
  readonly docs: readonly (Doc | undefined)[];
}

/** What is written in one transaction, or not at all. */
export interface Change {
  /** Versions that documents must have; 0 for one that must not be there. */
  readonly expect?: readonly (Address & { readonly version: number })[];
  /** Hashes of artifacts that must be there. */
  readonly needs?: readonly string[];
  readonly put?: readonly (Address & { readonly text: string })[];
  readonly remove?: readonly Address[];
  /** Collections that are removed as a whole. */
  readonly clear?: readonly string[];
  /** Hashes of artifacts that are removed. */
  readonly drop?: readonly string[];
  /** Told to everybody who listens, when the change is on disk. */
  readonly hint?: string;
}

/** A member's lease. */
export interface Beat {
  readonly id: string;
  /** Tells a process from an earlier one with the same id. */
  readonly incarnation: string;
  /** What the member says of itself. */
  readonly text: string;
  /** From now on, in ms of the store's clock. */
  readonly lease: number;
  /** Takes the place of another process with this id. Not set: the lease is only renewed while it is this process's own. */
  readonly take?: boolean;
}

export interface BeatAnswer extends Snapshot {
  /** `false`: another process has taken this id, or the member was removed; nothing was written. */
  readonly kept: boolean;
}

export interface LeaseRow {
  readonly id: string;
  readonly text: string;
  /** When the lease ends or ended, by the store's clock. */
  readonly expires: number;
}

export interface Leases {
  readonly now: number;
  /** Sorted by id; those whose lease ended, too. */
  readonly rows: readonly LeaseRow[];
}

/** Is told of changes. Each message is a hint: it may be lost, doubled or late, and nothing depends on it. */
export interface HintListener {
  hint(text: string): void;
  /** The member's own heartbeat came back: hints get through. Never called by a store whose hints cannot be cut off. */
  echo(): void;
}

/**
 * A place that a fleet agrees through. Every method is one operation of the store, atomic, and on disk when it resolves as
 * far as the store's engine promises that. All reject with `HOTSWAP_STORE_FAILED`; after a `write` or `beat` that rejected
 * it is not known whether it took place.
 */
export interface FleetStore extends AsyncDisposable {
  /** How messages call the store; without its password. */
  readonly name: string;
  /**
   * Connects, and makes the tables where there are none. Called again, it does nothing. Rejects when they were made by a newer
   * hotswap.
   */
  open(): Promise<void>;
  /** Documents as they are at one moment. */
  read(fleet: string, addresses: readonly Address[]): Promise<Snapshot>;
  /** All documents of a collection, sorted by key. */
  list(fleet: string, collection: string): Promise<readonly Doc[]>;
  /** How many documents a collection has. */
  count(fleet: string, collection: string): Promise<number>;
  /** `false`: an expectation was not met, and nothing was written. */
  write(fleet: string, change: Change): Promise<boolean>;
  /** Renews a lease, and reads in the same operation. */
  beat(fleet: string, beat: Beat, addresses: readonly Address[]): Promise<BeatAnswer>;
  /** The leases of all members. */
  leases(fleet: string): Promise<Leases>;
  /** Ends the lease, if it is this process's own. */
  leave(fleet: string, member: Pick<Beat, "id" | "incarnation">): Promise<void>;
  /** Removes a member whose lease ended before `before`. */
  forget(fleet: string, id: string, before: number): Promise<void>;
  /** Keeps an artifact; one that is there stays as it is. */
  putArtifact(fleet: string, hash: string, bytes: Uint8Array): Promise<void>;
  /** The bytes of an artifact; `undefined` when it is not there. */
  artifact(fleet: string, hash: string): Promise<Uint8Array | undefined>;
  /** Hashes and sizes in bytes of all artifacts. */
  artifacts(fleet: string): Promise<ReadonlyMap<string, number>>;
  /** `member` is whose echo is to be heard. */
  listen(fleet: string, member: string, listener: HintListener): Promise<AsyncDisposable>;
}

/** The version of the tables, scripts and documents that this code reads and writes. */
export const SCHEMA_VERSION = 1;
