import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ARTIFACT_EXTENSION, FORMAT_VERSION } from "../artifact/manifest.ts";
import { readArtifact } from "../artifact/read-artifact.ts";
import { describeError } from "../errors.ts";
import { type Fleet, fleetFailed, operator } from "./fleet.ts";
import { readSigningKey } from "../trust/keys.ts";
import { sign } from "../trust/signing.ts";
import { HEAD, headOf, type Release, releaseAt } from "./protocol/records.ts";
import { digestOf, releaseRecord } from "./protocol/release-record.ts";

/** What is said of a release. */
export interface PublishOptions {
  readonly by?: string;
  readonly note?: string;
  /** Signs it, for fleets that ask for that (`trust`). */
  readonly sign?: ReleaseSigning;
}

/** How a release is to be signed. */
export interface ReleaseSigning {
  /** The file of a private key (PKCS#8, PEM), or `env:` and the name of an environment variable that holds one. */
  readonly key: string;
  /** From when on the signature counts no longer; it counts for ever unless set. */
  readonly expires?: Date;
}

const ATTEMPTS = 20;

/**
 * Makes the artifacts that lie in `dir` a release of the fleet. Nobody runs it before it is rolled. Rejects with
 * `HOTSWAP_INVALID_ARTIFACT` for a file that is not an artifact, and `HOTSWAP_FLEET_FAILED` for a folder without artifacts.
 */
export async function publish(
  fleet: Fleet,
  dir: string,
  { by = operator(), note = "", sign: signing }: PublishOptions = {},
): Promise<Release> {
  const artifacts = await artifactsOf(dir);
  const plugins = Object.fromEntries(
    artifacts.map(({ name, hash, file, bytes }) => [name, { hash, file, size: bytes.length }]),
  );
  const key = signing === undefined ? undefined : readSigningKey(signing.key);
  const { store, name } = fleet;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const there = await store.artifacts(name);
    for (const { file, bytes } of artifacts) if (!there.has(file)) await store.putArtifact(name, file, bytes);
    const { now, docs } = await store.read(name, [HEAD]);
    const head = headOf(docs[0]);
    const number = head.releases + 1;
    const unsigned: Release = { number, plugins, by, at: now, note, format: FORMAT_VERSION };
    const release: Release =
      key === undefined
        ? unsigned
        : { ...unsigned, signature: sign(releaseRecord(name, unsigned), key, { expires: signing?.expires }) };
    const written = await store.write(name, {
      expect: [
        { ...HEAD, version: docs[0]?.version ?? 0 },
        { ...releaseAt(number), version: 0 },
      ],
      // Another process may have pruned them meanwhile.
      needs: artifacts.map(({ file }) => file),
      put: [
        { ...releaseAt(number), text: JSON.stringify(release) },
        { ...HEAD, text: JSON.stringify({ ...head, releases: number }) },
      ],
    });
    if (written) return release;
  }
  throw fleetFailed(`the fleet ${name} was moved by others ${ATTEMPTS} times in a row: try again`);
}

interface PublishedArtifact {
  readonly name: string;
  readonly hash: string;
  readonly file: string;
  readonly bytes: Uint8Array;
}

async function artifactsOf(dir: string): Promise<PublishedArtifact[]> {
  const names = await readdir(dir).catch((error: unknown) => {
    throw fleetFailed(`the folder ${dir} cannot be read: ${describeError(error)}`);
  });
  const files = names.filter((name) => name.endsWith(ARTIFACT_EXTENSION) && !name.startsWith(".")).toSorted();
  const found = new Map<string, PublishedArtifact>();
  for (const file of files) {
    const { manifest, hash, bytes } = await readArtifact(join(dir, file));
    const key = manifest.name.toLowerCase();
    if (found.has(key))
      throw fleetFailed(`two files in ${dir} are the plugin ${manifest.name}; ${file} is one of them`);
    found.set(key, { name: manifest.name, hash, file: digestOf(bytes), bytes });
  }
  if (found.size === 0) throw fleetFailed(`there are no artifacts in ${dir}: build plugins into it`);
  return [...found.values()];
}
