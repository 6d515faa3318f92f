import type { DecodedArtifact } from "../artifact/decode.ts";
import { type EncodedArtifact, withSignature } from "../artifact/encode.ts";
import { FORMAT_VERSION, type Manifest } from "../artifact/manifest.ts";
import { readArtifact } from "../artifact/read-artifact.ts";
import { readSigningKey } from "./keys.ts";
import { isSignedBy, sign, type SignedRecord, type SignOptions } from "./signing.ts";

/** What the signature of an artifact vouches for. */
export function artifactRecord({ manifest, hash }: Pick<DecodedArtifact, "manifest" | "hash">): SignedRecord {
  return { kind: "artifact", fields: { name: manifest.name, format: FORMAT_VERSION, hash, contract: null } };
}

/** How a build is to be signed. */
export interface ArtifactSigning extends SignOptions {
  /** The file of a private key (PKCS#8, PEM), or `env:` and the name of an environment variable that holds one. */
  readonly key: string;
}

/**
 * The artifact with a signature. Where `published` holds the same content with a signature by the same key and the same end,
 * that one is kept: signing again what is signed changes no byte. Throws `HOTSWAP_UNTRUSTED` for a key that cannot be used.
 */
export async function signArtifact(
  artifact: EncodedArtifact & { readonly manifest: Manifest },
  published: string,
  { key: source, expires }: ArtifactSigning,
): Promise<EncodedArtifact> {
  const key = readSigningKey(source);
  const record = artifactRecord(artifact);
  const before = await signatureIn(published);
  const isKept =
    before !== undefined &&
    before.keyId === key.id &&
    before.expires === (expires?.toISOString() ?? null) &&
    isSignedBy(key.key, record, before);
  return withSignature(artifact, isKept ? before : sign(record, key, { expires }));
}

async function signatureIn(file: string): Promise<DecodedArtifact["signature"]> {
  try {
    return (await readArtifact(file)).signature;
  } catch {
    // There is none, or it is replaced by the one that is being made.
    return undefined;
  }
}
