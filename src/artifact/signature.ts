/**
 * Who vouches for an artifact or a release, as its header carries it. The hash does not cover it, so that signed and unsigned
 * builds of one source have one identity.
 */
export interface Signature {
  /** The first 16 hexadecimal digits of the SHA-256 of the public key (SPKI, DER). */
  readonly keyId: string;
  /** When it was signed, as ISO 8601 in UTC. */
  readonly signed: string;
  /** From when on it counts no longer; `null` for never. */
  readonly expires: string | null;
  /** The Ed25519 signature, in base64. */
  readonly value: string;
}

/** A key that `trust` names, with the limits of what it may vouch for. */
export interface TrustedKey {
  /** PEM text of public keys (SPKI), or the path of a file with such text. */
  readonly key: string;
  /** Signatures from before this time are refused. Set it when old artifacts must not come back. */
  readonly notBefore?: Date | string;
  /** From this moment on the keys count no longer, whatever they signed. */
  readonly expires?: Date | string;
}

const ALGORITHM = "ed25519";
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const PATTERN = new RegExp(`^${ALGORITHM} ([0-9a-f]{16}) (${TIME}) (${TIME}|never) ([A-Za-z0-9+/]{86}==)$`);

/** One line of text, which {@link parseSignature} reads back. */
export function formatSignature({ keyId, signed, expires, value }: Signature): string {
  return `${ALGORITHM} ${keyId} ${signed} ${expires ?? "never"} ${value}`;
}

/** `undefined` when the text is not a signature of a kind that this version knows. */
export function parseSignature(text: string): Signature | undefined {
  const [, keyId, signed, expires, value] = PATTERN.exec(text) ?? [];
  if (keyId === undefined || signed === undefined || expires === undefined || value === undefined) return undefined;
  return { keyId, signed, expires: expires === "never" ? null : expires, value };
}
