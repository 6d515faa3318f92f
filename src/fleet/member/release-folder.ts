import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { decodeArtifact } from "../../artifact/decode.ts";
import { ARTIFACT_EXTENSION, FORMAT_VERSION } from "../../artifact/manifest.ts";
import { describeError, HotswapError } from "../../errors.ts";
import { fleetFailed } from "../fleet.ts";
import type { Release, ReleasedArtifact } from "../protocol/records.ts";
import { contentOf, digestOf } from "../protocol/release-record.ts";
import type { FleetStore } from "../store/fleet-store.ts";

/** The folder within a host's plugin folder that fleets keep releases in; the scan does not look into it. */
const OWN_FOLDER = ".fleet";

/** Folders of releases that are kept beside those in use. */
const KEPT = 4;

/** How long what was fetched or used is kept at least, in ms. */
const KEPT_FOR = 3_600_000;

/**
 * The releases that a host has on its disk, each a folder of its own with exactly the release's artifacts. Several hosts
 * may share it: artifacts are called by their hashes, folders by what they hold, and each appears whole.
 */
export class ReleaseFolder {
  /** What the host ran before its first release. */
  readonly own: string;
  readonly #artifacts: string;
  readonly #releases: string;
  /** Says which release is served while the store is away. */
  readonly #note: string;
  #noted: string | undefined;

  constructor(pluginDir: string) {
    // A host that was a member before is given back the folder that it began with.
    const [own = pluginDir] = pluginDir.split(join("/", OWN_FOLDER, "/"));
    this.own = own;
    this.#artifacts = join(own, OWN_FOLDER, "artifacts");
    this.#releases = join(own, OWN_FOLDER, "releases");
    this.#note = join(own, OWN_FOLDER, "kept.json");
  }

  /** Whether the host has plugins of its own. */
  get hasOwn(): boolean {
    return list(this.own).some((name) => name.endsWith(ARTIFACT_EXTENSION));
  }

  /** The release that was kept; `undefined` when none was. Throws when that cannot be told. */
  kept(fleet: string): Release | undefined {
    let text: string;
    try {
      text = readFileSync(this.#note, "utf8");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      const note = JSON.parse(text) as { readonly fleet: string; readonly release: Release };
      return note.fleet === fleet ? note.release : undefined;
    } catch (error) {
      throw fleetFailed(`${this.#note} is damaged, remove it: ${describeError(error)}`);
    }
  }

  /** Notes the release that is to be served while the store is away; `undefined`: what lies in the own folder. */
  keep(fleet: string, release: Release | undefined): void {
    const text = release === undefined ? "" : JSON.stringify({ fleet, release });
    if (text === this.#noted) return;
    if (text === "") rmSync(this.#note, { force: true });
    else {
      const temporary = `${this.#note}.${process.pid}-${crypto.randomUUID()}`;
      writeFileSync(temporary, text, { flag: "wx", mode: 0o600 });
      renameSync(temporary, this.#note);
    }
    this.#noted = text;
  }

  /**
   * The folder with a release's artifacts, after those that were lacking are fetched and checked. Rejects with
   * `HOTSWAP_FLEET_FAILED` or `HOTSWAP_INVALID_ARTIFACT` when the release cannot be had whole, and with `HOTSWAP_STORE_FAILED`
   * when the store cannot be asked.
   */
  async fetch(store: FleetStore, fleet: string, release: Release): Promise<string> {
    if (release.format > FORMAT_VERSION) {
      throw fleetFailed(
        `release ${release.number} has artifact format ${release.format}, and this host reads ${FORMAT_VERSION}: upgrade hotswap here`,
      );
    }
    const folder = join(this.#releases, contentOf(release).slice(0, 32));
    if (isWhole(folder, release)) {
      touch(folder);
      return folder;
    }
    for (const dir of [this.#artifacts, this.#releases]) mkdirSync(dir, { recursive: true, mode: 0o700 });
    const made = join(this.#releases, `.${process.pid}-${crypto.randomUUID()}`);
    mkdirSync(made, { mode: 0o700 });
    try {
      for (const [plugin, artifact] of Object.entries(release.plugins)) {
        await this.#bring(store, fleet, { plugin, wanted: artifact, to: join(made, plugin + ARTIFACT_EXTENSION) });
      }
      place(made, folder, release);
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
    return folder;
  }

  /**
   * Removes releases that this host does not use, but the newest and what was used within the last hour: other hosts may
   * share the folder, and be in the middle of fetching. Then the artifacts that no release has any more.
   */
  clean(inUse: readonly (string | undefined)[]): void {
    const old = Date.now() - KEPT_FOR;
    const folders = list(this.#releases)
      .map((name) => ({ folder: join(this.#releases, name), used: modified(join(this.#releases, name)) }))
      .filter(({ folder }) => !inUse.includes(folder))
      .toSorted((one, other) => other.used - one.used);
    for (const { folder, used } of folders.slice(KEPT)) {
      if (used < old) rmSync(folder, { recursive: true, force: true });
    }
    for (const name of list(this.#artifacts)) {
      const file = join(this.#artifacts, name);
      if (statSync(file, { throwIfNoEntry: false })?.nlink === 1 && modified(file) < old) rmSync(file, { force: true });
    }
  }

  /**
   * Puts an artifact to where nobody else writes. What other hosts have fetched is linked, which may fail at any moment, since they
   * replace and remove it; what is fetched is ours before they see it.
   */
  async #bring(store: FleetStore, fleet: string, { plugin, wanted, to }: Bringing): Promise<void> {
    const file = join(this.#artifacts, wanted.file);
    if (isLinked(file, to)) {
      const known = await Bun.file(to).bytes();
      if (digestOf(known) === wanted.file) {
        touch(to);
        this.#check(known, plugin, wanted, file);
        return;
      }
      rmSync(to);
    }
    const bytes = await store.artifact(fleet, wanted.file);
    if (bytes === undefined) throw fleetFailed(`the store has no artifact ${wanted.file} of ${plugin} any more`);
    this.#check(bytes, plugin, wanted, `the artifact of ${plugin} in ${store.name}`);
    writeFileSync(to, bytes, { flag: "wx", mode: 0o600 });
    const temporary = `${file}.${process.pid}-${crypto.randomUUID()}`;
    linkSync(to, temporary);
    renameSync(temporary, file);
  }

  #check(bytes: Uint8Array, plugin: string, { hash, file }: ReleasedArtifact, what: string): void {
    const artifact = decodeArtifact(bytes, what);
    if (digestOf(bytes) !== file || artifact.hash !== hash || artifact.manifest.name !== plugin) {
      throw new HotswapError(
        "HOTSWAP_INVALID_ARTIFACT",
        `${what} is not the one that was released: publish the release again`,
        { plugin, phase: "scan" },
      );
    }
  }
}

interface Bringing {
  readonly plugin: string;
  readonly wanted: ReleasedArtifact;
  readonly to: string;
}

function isWhole(folder: string, { plugins }: Release): boolean {
  const names = Object.keys(plugins).map((name) => name + ARTIFACT_EXTENSION);
  return (
    list(folder).join("/") === names.toSorted().join("/") && statSync(folder, { throwIfNoEntry: false }) !== undefined
  );
}

/** Another process may have made the same at the same time. */
function place(made: string, folder: string, release: Release): void {
  try {
    renameSync(made, folder);
  } catch (error) {
    if (isWhole(folder, release)) return;
    // What is there is no release: files were taken out of it.
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
    if (!isWhole(folder, release)) throw error;
  }
}

/** The system refuses to link what is being replaced as what is not there. */
function isLinked(file: string, to: string): boolean {
  try {
    linkSync(file, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
}

function touch(folder: string): void {
  const now = new Date();
  utimesSync(folder, now, now);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
