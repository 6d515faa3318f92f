import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ARTIFACT_EXTENSION, type Manifest } from "../artifact/manifest.ts";
import { decodeArtifact } from "../artifact/decode.ts";
import { describeError, HotswapError } from "../errors.ts";
import { turnWhenDue } from "../turn.ts";

/** An artifact that was found, verified and not yet loaded. */
export interface FoundArtifact {
  readonly name: string;
  /** Absolute path in the plugin folder. */
  readonly file: string;
  readonly hash: string;
  readonly manifest: Manifest;
  /** The verified bytes: those that were read by the scan when they had to be, or else the file's of now. */
  bytes(): Promise<Uint8Array>;
}

/** Artifacts by plugin name in lower case: names are compared without case (SPEC 3.3). */
export type FoundArtifacts = ReadonlyMap<string, FoundArtifact>;

/** A file as a scan saw it. Its size, time and inode tell an unchanged file without reading it. */
interface KnownFile {
  readonly size: number;
  readonly modified: number;
  readonly inode: number;
  /** The plugin's name in lower case. */
  readonly key: string;
  /** Without its bytes: those are only wanted by the load that follows a scan. */
  readonly artifact: FoundArtifact;
}

/** What a folder holds; where it is listed the same again, the paths and their order need not be made anew. */
interface Listing {
  readonly dir: string;
  /** All that is in it, as the system lists it. */
  readonly names: string;
  /** Paths of what may be artifacts, sorted by name. */
  readonly files: readonly string[];
}

/** A file that is not as the last scan saw it. */
interface ChangedFile {
  /** Where it stands in the listing. */
  readonly index: number;
  readonly file: string;
  readonly stats: Stats;
}

/** Files that are read at the same time. */
const READ_AT_ONCE = 16;

/** Bytes up to which a file is read in this turn: some 0.05 ms, where a turn of the thread pool costs more. */
const READ_IN_TURN = 256 * 1024;

/** Names up to which a folder is listed in this turn: some 0.1 ms. */
const LISTED_IN_TURN = 500;

/** Files that are looked at in a row: some 0.06 ms. */
const STATS_AT_ONCE = 32;

/**
 * Finds the artifacts of a plugin folder. A file whose size, time and inode are those of the last scan is not read
 * again.
 */
export class PluginDirScanner {
  #listing: Listing = { dir: "", names: "", files: [] };
  /** In the order of the listing's files; folders have no entry. Replaced as a whole by a scan that succeeds. */
  #known: readonly (KnownFile | undefined)[] = [];

  /**
   * Throws `HOTSWAP_PLUGIN_DIR_NOT_FOUND`, `HOTSWAP_INVALID_ARTIFACT` for a file that is no intact artifact, and
   * `HOTSWAP_DUPLICATE_PLUGIN` for two with one name.
   */
  async scan(dir: string): Promise<FoundArtifacts> {
    const listing = await this.#list(dir);
    const known = listing === this.#listing ? this.#known.slice() : this.#knownOf(listing.files);
    const changed = await findChanged(listing.files, known);
    const read: FoundArtifact[] = [];
    for (let start = 0; start < changed.length; start += READ_AT_ONCE) {
      const batch = await Promise.all(changed.slice(start, start + READ_AT_ONCE).map(readChanged));
      for (const { index, file, stats, bytes } of batch) {
        const artifact = verify(file, bytes);
        known[index] = knownFile(artifact, stats);
        read.push(artifact);
        await turnWhenDue();
      }
    }
    const found = collect(known, read);
    this.#listing = listing;
    this.#known = known;
    return found;
  }

  /** The listing of last time, where nothing came or went. */
  async #list(dir: string): Promise<Listing> {
    const files = await listFolder(dir, this.#listing.files.length);
    // No name holds a slash. One text is compared faster than thousands.
    const names = files.join("/");
    return dir === this.#listing.dir && names === this.#listing.names
      ? this.#listing
      : { dir, names, files: artifactsOf(dir, files) };
  }

  /** What is known of these files, whatever folder was listed last. */
  #knownOf(files: readonly string[]): (KnownFile | undefined)[] {
    const byFile = new Map(this.#listing.files.map((file, index) => [file, this.#known[index]]));
    return files.map((file) => byFile.get(file));
  }
}

/** By the plugins' names, in the order of their files; those that were `read` come with their bytes. */
function collect(known: readonly (KnownFile | undefined)[], read: readonly FoundArtifact[]): FoundArtifacts {
  const found = new Map<string, FoundArtifact>();
  for (const file of known) {
    if (file === undefined) continue;
    const { key, artifact } = file;
    const other = found.get(key);
    if (other !== undefined) throw duplicatePlugin(other, artifact);
    found.set(key, artifact);
  }
  for (const artifact of read) found.set(artifact.name.toLowerCase(), artifact);
  return found;
}

/**
 * The files that are not as they are `known` to be. What is known is taken back where there is a folder now: it may be
 * called anything. The stats are taken before the bytes are read: a file published in between is read again by the next
 * scan.
 */
async function findChanged(files: readonly string[], known: (KnownFile | undefined)[]): Promise<ChangedFile[]> {
  const changed: ChangedFile[] = [];
  for (const [index, file] of files.entries()) {
    const stats = statsOf(file);
    const before = known[index];
    if (before === undefined || !isAsBefore(before, stats)) {
      known[index] = undefined;
      if (!stats.isDirectory()) changed.push({ index, file, stats });
    }
    if (index % STATS_AT_ONCE === 0) await turnWhenDue();
  }
  return changed;
}

function isAsBefore(known: KnownFile, stats: Stats): boolean {
  return known.size === stats.size && known.modified === stats.mtimeMs && known.inode === stats.ino;
}

function knownFile({ name, file, hash, manifest }: FoundArtifact, stats: Stats): KnownFile {
  const artifact = verifiedArtifact(file, hash, manifest);
  return { size: stats.size, modified: stats.mtimeMs, inode: stats.ino, key: name.toLowerCase(), artifact };
}

function statsOf(file: string): Stats {
  try {
    return statSync(file);
  } catch (error) {
    throw invalidFile(file, error);
  }
}

async function readChanged(changed: ChangedFile): Promise<ChangedFile & { readonly bytes: Uint8Array }> {
  try {
    const { file, stats } = changed;
    return { ...changed, bytes: stats.size <= READ_IN_TURN ? readFileSync(file) : await readFile(file) };
  } catch (error) {
    throw invalidFile(changed.file, error);
  }
}

function verify(file: string, bytes: Uint8Array): FoundArtifact {
  try {
    const { hash, manifest } = decodeArtifact(bytes, file);
    return { name: manifest.name, file, hash, manifest, bytes: async () => bytes };
  } catch (error) {
    throw invalidFile(file, error);
  }
}

function invalidFile(file: string, error: unknown): HotswapError {
  const problem = error instanceof HotswapError ? error.message : `${file} cannot be read: ${describeError(error)}`;
  return new HotswapError("HOTSWAP_INVALID_ARTIFACT", problem, { phase: "scan", cause: error });
}

/** An artifact that was verified before. It holds no bytes: they are read, and verified again, when they are asked for. */
export function verifiedArtifact(file: string, hash: string, manifest: Manifest): FoundArtifact {
  return {
    name: manifest.name,
    file,
    hash,
    manifest,
    async bytes() {
      const bytes = await readFile(file);
      const now = decodeArtifact(bytes, file);
      if (now.hash === hash) return bytes;
      throw new HotswapError(
        "HOTSWAP_INVALID_ARTIFACT",
        `${file} was replaced while it was being loaded: reload again to get the new artifact`,
        { plugin: manifest.name, phase: "load" },
      );
    },
  };
}

/** `expected` is how many there were the last time. */
async function listFolder(dir: string, expected: number): Promise<string[]> {
  try {
    return expected <= LISTED_IN_TURN ? readdirSync(dir) : await readdir(dir);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : describeError(error);
    throw new HotswapError(
      "HOTSWAP_PLUGIN_DIR_NOT_FOUND",
      `the plugin folder ${dir} cannot be read (${reason}): build plugins into it, or name another folder`,
      { phase: "scan", cause: error },
    );
  }
}

function artifactsOf(dir: string, names: readonly string[]): readonly string[] {
  const artifacts = names.filter((name) => name.endsWith(ARTIFACT_EXTENSION) && !name.startsWith("."));
  return artifacts.toSorted().map((name) => join(dir, name));
}

function duplicatePlugin(first: FoundArtifact, second: FoundArtifact): HotswapError {
  return new HotswapError(
    "HOTSWAP_DUPLICATE_PLUGIN",
    `two artifacts are the plugin "${second.name}": ${first.file} and ${second.file}; remove one`,
    { plugin: second.name, phase: "scan" },
  );
}
