import type { DecodedArtifact } from "../artifact/decode.ts";
import type { Signature, TrustedKey } from "../artifact/signature.ts";
import { HotswapError } from "../errors.ts";
import { artifactRecord } from "./artifact.ts";
import { type CheckingKey, readTrustedKeys } from "./keys.ts";
import { isSignedBy, type SignedRecord } from "./signing.ts";

/** The keys that a host, a fleet or `hotswap verify` trusts. */
export class Trust {
  readonly #keys: readonly CheckingKey[];

  /**
   * PEM texts of public keys, or paths of PEM files; each may hold several. Throws `HOTSWAP_UNTRUSTED` for a key that cannot
   * be read, and when there is none.
   */
  constructor(trusted: readonly (string | TrustedKey)[]) {
    this.#keys = readTrustedKeys(trusted);
  }

  /**
   * Throws `HOTSWAP_UNTRUSTED`, naming `what` and the key, unless the record was signed by one of the keys and all limits of
   * time are kept.
   *
   * @param what names the thing in the error: the path of a file, `release 42`
   */
  verify(record: SignedRecord, signature: Signature | undefined, what: string): void {
    if (signature === undefined) {
      throw untrusted(`${what} is not signed, and only what is signed by ${this.#names()} is trusted`, "sign it");
    }
    const { keyId, signed, expires } = signature;
    // Two entries of trust may hold one key, with different limits: what one of them accepts is accepted.
    const keys = this.#keys.filter(({ id }) => id === keyId);
    if (keys.length === 0) {
      throw untrusted(
        `${what} is signed by the key ${keyId}, and ${this.#names()} is trusted`,
        "sign it with a trusted key, or trust that one",
      );
    }
    if (!keys.some(({ key }) => isSignedBy(key, record, signature))) {
      throw untrusted(
        `the signature of ${what} by the key ${keyId} does not match: something else was signed`,
        "take the file from where it was built",
      );
    }
    const now = new Date();
    if (expires !== null && new Date(expires) <= now) {
      throw untrusted(`the signature of ${what} by the key ${keyId} expired at ${expires}`, "sign it anew");
    }
    const refusals = keys.map((key) => limitOf(key, signed, now));
    const [refusal] = refusals;
    if (refusal !== undefined && !refusals.includes(undefined)) {
      throw untrusted(`${what} is signed by the key ${keyId} at ${signed}, ${refusal}`, "sign it anew");
    }
  }

  /** {@link verify} for an artifact that was decoded. */
  verifyArtifact(artifact: Pick<DecodedArtifact, "manifest" | "hash" | "signature">, file: string): void {
    this.verify(artifactRecord(artifact), artifact.signature, file);
  }

  #names(): string {
    const ids = this.#keys.map(({ id }) => id);
    return ids.length === 1 ? `the key ${ids[0]}` : `one of the keys ${ids.join(", ")}`;
  }
}

/** Why a key does not count for what was signed at `signed`; `undefined` when it does. */
function limitOf({ notBefore, expires, source }: CheckingKey, signed: string, now: Date): string | undefined {
  if (expires !== undefined && expires <= now) {
    return `a key that is trusted no longer since ${expires.toISOString()} (${source})`;
  }
  if (notBefore !== undefined && new Date(signed) < notBefore) {
    return `and what it signed before ${notBefore.toISOString()} is refused (${source})`;
  }
  return undefined;
}

function untrusted(problem: string, cure: string): HotswapError {
  return new HotswapError("HOTSWAP_UNTRUSTED", `${problem}: ${cure}`, { phase: "scan" });
}
