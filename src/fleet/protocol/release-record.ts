import type { SignedRecord } from "../../trust/signing.ts";
import type { Release } from "./records.ts";

/** What the signature of a release vouches for: which artifacts it has, for which fleet, under which number. */
export function releaseRecord(fleet: string, { number, format, by, note, plugins }: Release): SignedRecord {
  return { kind: "release", fields: { fleet, number, format, by, note, plugins: contentOf({ plugins }) } };
}

/** The same for two releases that hold the same, to the byte. */
export function contentOf({ plugins }: Pick<Release, "plugins">): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const name of Object.keys(plugins).toSorted()) hasher.update(`${name} ${plugins[name]?.file}\n`);
  return hasher.digest("hex");
}

/** What the bytes of an artifact are kept by. */
export function digestOf(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}
