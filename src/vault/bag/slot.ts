import { Encoded, type Primitive, type Stored, type TypeVersion } from "../codec/form.ts";
import { fromText, toText } from "../codec/text.ts";

/**
 * What a key of the data bag holds, if it is more than a bare primitive: a value in the vault's form, with what was
 * said of the key when it was written. Immutable. A value that came from a store stays text until somebody reads it.
 */
export class Slot {
  /** The key's version when the value was written. */
  readonly version: number;
  /** The plugin that declared the key; `undefined` when nobody did, or the host. */
  readonly owner: string | undefined;
  /** The live types in the value. */
  readonly types: readonly TypeVersion[];
  #content: Stored | Unread;

  constructor(content: Stored | Unread, version = 1, owner?: string, types?: readonly TypeVersion[]) {
    this.#content = content;
    this.version = version;
    this.owner = owner;
    this.types = types ?? (content instanceof Encoded ? content.types : []);
  }

  /** Throws {@link MalformedError} when the text from the store is not what was written. */
  get content(): Stored {
    if (this.#content instanceof Unread) this.#content = this.#content.read();
    return this.#content;
  }

  /** The value as JSON text. */
  toText(): string {
    return this.#content instanceof Unread ? this.#content.text : toText(this.#content);
  }
}

/** A value as JSON text, not yet parsed. */
export class Unread {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Stored {
    return fromText(this.#text);
  }

  get text(): string {
    return this.#text;
  }
}

/** Bare primitives of version 1, which need no slot, are most of what a large bag holds. */
export type Entry = Primitive | Slot;

/** Stands for an absent key where `undefined` is a value. */
export const absent = Symbol("absent");
export type Absent = typeof absent;

/** The version of a key's value. */
export function versionOfEntry(entry: Entry): number {
  return entry instanceof Slot ? entry.version : 1;
}

/** A primitive without more, or a slot. */
export function toEntry(content: Stored, version: number, owner: string | undefined): Entry {
  return content instanceof Encoded || version !== 1 ? new Slot(content, version, owner) : content;
}
