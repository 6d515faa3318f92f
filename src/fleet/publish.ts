import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ARTIFACT_EXTENSION, FORMAT_VERSION } from "../artifact/manifest.ts";
import { readArtifact } from "../artifact/read-artifact.ts";
import { describeError } from "../errors.ts";
import { type Fleet, fleetFailed, operator } from "./fleet.ts";
import { HEAD, headOf, type Release, releaseAt } from "./protocol/records.ts";

/** What is said of a release. */
export interface PublishOptions {
  readonly by?: string;
  readonly note?: string;
}

const ATTEMPTS = 20;

/**
 * Makes the artifacts that lie in `dir` a release of the fleet. Nobody runs it before it is rolled. Rejects with
 * `HOTSWAP_INVALID_ARTIFACT` for a file that is none, and `HOTSWAP_FLEET_FAILED` for a folder without artifacts.
 */
export async function publish(
  fleet: Fleet,
  dir: string,
  { by = operator(), note = "" }: PublishOptions = {},
): Promise<Release> {
  const artifacts = await artifactsOf(dir);
  const plugins = Object.fromEntries(artifacts.map(({ name, hash, bytes }) => [name, { hash, size: bytes.length }]));
  const { store, name } = fleet;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const there = await store.artifacts(name);
    for (const { hash, bytes } of artifacts) if (!there.has(hash)) await store.putArtifact(name, hash, bytes);
    const { now, docs } = await store.read(name, [HEAD]);
    const head = headOf(docs[0]);
    const number = head.releases + 1;
    const release: Release = { number, plugins, by, at: now, note, format: FORMAT_VERSION };
    const written = await store.write(name, {
      expect: [
        { ...HEAD, version: docs[0]?.version ?? 0 },
        { ...releaseAt(number), version: 0 },
      ],
      // Another process may have pruned them meanwhile.
      needs: artifacts.map(({ hash }) => hash),
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
    found.set(key, { name: manifest.name, hash, bytes });
  }
  if (found.size === 0) throw fleetFailed(`there are no artifacts in ${dir}: build plugins into it`);
  return [...found.values()];
}
