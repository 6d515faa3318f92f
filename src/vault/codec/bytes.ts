import { MalformedError } from "./form.ts";

/** Bytes within a row: as they are in memory, Base64 in JSON. They are the vault's own copy and never change. */
export class Bytes {
  readonly #bytes: Uint8Array<ArrayBuffer>;

  private constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  static copyOf(source: Uint8Array): Bytes {
    // Not source.slice(): a Buffer's gives a view.
    return new Bytes(new Uint8Array(source));
  }

  /** What stands in a row: bytes, or their Base64 when the row was read from JSON. */
  static in(content: unknown): Bytes {
    if (content instanceof Bytes) return content;
    if (typeof content !== "string") throw new MalformedError("bytes are missing");
    return new Bytes(Uint8Array.fromBase64(content));
  }

  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice();
  }

  toJSON(): string {
    return this.#bytes.toBase64();
  }
}
