import { createPublicKey, type KeyObject, sign as signBytes, verify as verifyBytes } from "node:crypto";
import type { Signature } from "../artifact/signature.ts";
import { HotswapError } from "../errors.ts";
import type { SigningKey } from "./keys.ts";

/** What a signature vouches for: text and numbers by name. The kind keeps a signature of one thing from counting for another. */
export interface SignedRecord {
  readonly kind: "artifact" | "release";
  readonly fields: Readonly<Record<string, string | number | null>>;
}

export interface SignOptions {
  /** From when on the signature counts no longer; it counts for ever unless set. */
  readonly expires?: Date | undefined;
}

/**
 * Signs a record, with the time of now. The bytes that are signed are those of {@link signedText}.
 *
 * @example
 *     const signature = sign({ kind: "release", fields: { fleet: "chat", number: 42 } }, readSigningKey("key.pem"));
 */
export function sign(record: SignedRecord, key: SigningKey, { expires }: SignOptions = {}): Signature {
  const now = new Date();
  if (expires !== undefined && !(expires > now)) {
    throw new HotswapError("HOTSWAP_UNTRUSTED", `a signature cannot expire before it is made: name a time after now`);
  }
  const unsigned = { keyId: key.id, signed: now.toISOString(), expires: expires?.toISOString() ?? null };
  return { ...unsigned, value: signBytes(null, signedText(record, unsigned), key.key).toString("base64") };
}

/** Whether the signature was made of this record by the private key that belongs to `key`, whichever of the two is given. */
export function isSignedBy(key: KeyObject, record: SignedRecord, signature: Signature): boolean {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return verifyBytes(null, signedText(record, signature), publicKey, Buffer.from(signature.value, "base64"));
}

/**
 * The bytes that are signed: lines of UTF-8, each with a line feed at its end. docs/security.md has them for people who
 * check a signature without hotswap.
 */
export function signedText({ kind, fields }: SignedRecord, signature: Omit<Signature, "value">): Buffer {
  const lines = Object.keys(fields)
    .toSorted()
    .map((name) => `${name} ${JSON.stringify(fields[name])}`);
  const { keyId, signed, expires } = signature;
  return Buffer.from(
    [`hotswap ${kind}`, `key ${keyId}`, `signed ${signed}`, `expires ${expires ?? "never"}`, ...lines, ""].join("\n"),
  );
}
