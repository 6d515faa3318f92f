import { readdirSync, type Stats, statSync } from "node:fs";
import { join, relative } from "node:path";
import { ARTIFACT_EXTENSION, type Manifest } from "../artifact/manifest.ts";
import { MAX_ARTIFACT_SIZE, type ReadArtifact, readArtifact } from "../artifact/read-artifact.ts";
import { requireRegular } from "../regular-file.ts";
import type { TrustedKey } from "../artifact/signature.ts";
import { describeError, HotswapError } from "../errors.ts";
import { turnWhenDue } from "../turn.ts";
import type { FoundArtifact, FoundArtifacts } from "./found-artifact.ts";

/** What decides which artifacts are read. */
export interface ScanOptions {
  /** In bytes. */
  readonly maxArtifactSize: number;
  /** Whose artifacts are loaded; everybody's when it is `undefined`. */
  readonly trust: readonly (string | TrustedKey)[] | undefined;
}

/**
 * A file as a scan saw it. Its size, times and inode tell an unchanged file without reading it; the time of the last change of
 * the inode is the one that no program can set.
 */
interface KnownFile {
  readonly size: number;
  readonly modified: number;
  readonly changed: number;
  readonly inode: number;
  /** The plugin's name in lower case. */
  readonly key: string;
  /** Without its bytes: those are only wanted by the load that follows a scan. */
  readonly artifact: FoundArtifact;
}

/**
 * The listing of a folder. As long as the folder is listed the same, the paths and their order need not be made anew.
 */
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
  /** In bytes, before it is opened. */
  readonly size: number;
}

/** Files that are read at the same time. */
const READ_AT_ONCE = 16;

/** Bytes that are read at the same time, and that are kept for the load that follows the scan. A larger file is read alone. */
const BYTES_AT_ONCE = 64 * 2 ** 20;

/** Names up to which a folder is listed in this turn: some 0.1 ms. */
const LISTED_IN_TURN = 500;

/** Files that are looked at in a row: some 0.06 ms. */
const STATS_AT_ONCE = 32;

/**
 * Finds the artifacts of a plugin folder. A file whose size, times and inode are those of the last scan is not read
 * again.
 */
export class PluginDirScanner {
  #listing: Listing = { dir: "", names: "", files: [] };
  /** In the order of the listing's files. Replaced as a whole by a scan that succeeds. */
  #known: readonly (KnownFile | undefined)[] = [];
  readonly #options: ScanOptions;
  #requireTrusted: ((artifact: ReadArtifact, file: string) => void) | undefined;

  constructor(options: ScanOptions = { maxArtifactSize: MAX_ARTIFACT_SIZE, trust: undefined }) {
    this.#options = options;
  }

  /**
   * Throws `HOTSWAP_PLUGIN_DIR_NOT_FOUND`, `HOTSWAP_INVALID_ARTIFACT` for a file that is not an intact artifact,
   * `HOTSWAP_NOT_A_FILE`, `HOTSWAP_TOO_LARGE`, `HOTSWAP_UNTRUSTED`, and `HOTSWAP_DUPLICATE_PLUGIN` for two with one name.
   */
  async scan(dir: string): Promise<FoundArtifacts> {
    const requireTrusted = (this.#requireTrusted ??= await openTrust(this.#options));
    const listing = await this.#list(dir);
    const known = listing === this.#listing ? this.#known.slice() : this.#knownOf(listing.files);
    const changed = await findChanged(listing.files, known);
    const read: FoundArtifact[] = [];
    let kept = 0;
    for (const batch of batchesOf(changed)) {
      const artifacts = await Promise.all(batch.map(({ file }) => this.#read(file)));
      for (const [position, artifact] of artifacts.entries()) {
        const { index, file } = batch[position] ?? { index: -1, file: "" };
        requireTrusted(artifact, file);
        known[index] = knownFile(artifact, file);
        kept += artifact.bytes.length;
        if (kept <= BYTES_AT_ONCE) read.push(foundArtifact(artifact, file));
        await turnWhenDue();
      }
    }
    const found = collect(known, read);
    this.#listing = listing;
    this.#known = known;
    return found;
  }

  async #read(file: string): Promise<ReadArtifact> {
    try {
      return await readArtifact(file, this.#options.maxArtifactSize);
    } catch (error) {
      throw inScan(error);
    }
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

/** The files that are not as they are `known` to be. */
async function findChanged(files: readonly string[], known: (KnownFile | undefined)[]): Promise<ChangedFile[]> {
  const changed: ChangedFile[] = [];
  for (const [index, file] of files.entries()) {
    const stats = statsOf(file);
    const before = known[index];
    if (before === undefined || !isAsBefore(before, stats)) changed.push({ index, file, size: stats.size });
    if (index % STATS_AT_ONCE === 0) await turnWhenDue();
  }
  return changed;
}

function isAsBefore(known: KnownFile, stats: Stats): boolean {
  return (
    known.size === stats.size &&
    known.modified === stats.mtimeMs &&
    known.changed === stats.ctimeMs &&
    known.inode === stats.ino
  );
}

function knownFile({ hash, manifest, stats }: ReadArtifact, file: string): KnownFile {
  const artifact = verifiedArtifact(file, hash, manifest);
  return {
    size: stats.size,
    modified: stats.mtimeMs,
    changed: stats.ctimeMs,
    inode: stats.ino,
    key: manifest.name.toLowerCase(),
    artifact,
  };
}

/** Of a file that can be read without waiting for anybody. */
function statsOf(file: string): Stats {
  try {
    const stats = statSync(file);
    requireRegular(stats, file);
    return stats;
  } catch (cause) {
    if (cause instanceof HotswapError) throw inScan(cause);
    throw new HotswapError("HOTSWAP_INVALID_ARTIFACT", `${file} cannot be read: ${describeError(cause)}`, {
      phase: "scan",
      cause,
    });
  }
}

/** Files that are read at the same time: few enough, and small enough together. */
function* batchesOf(files: readonly ChangedFile[]): Generator<ChangedFile[]> {
  let batch: ChangedFile[] = [];
  let size = 0;
  for (const file of files) {
    if (batch.length > 0 && (batch.length >= READ_AT_ONCE || size + file.size > BYTES_AT_ONCE)) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(file);
    size += file.size;
  }
  if (batch.length > 0) yield batch;
}

function foundArtifact({ hash, manifest, bytes }: ReadArtifact, file: string): FoundArtifact {
  return { name: manifest.name, file, hash, manifest, bytes: async () => bytes };
}

function inScan(error: unknown): unknown {
  if (!(error instanceof HotswapError)) return error;
  return new HotswapError(error.code, error.message, { plugin: error.plugin, phase: "scan", cause: error.cause });
}

/** The code that checks signatures is loaded only when keys are named. */
async function openTrust({ trust }: ScanOptions): Promise<(artifact: ReadArtifact, file: string) => void> {
  if (trust === undefined) return () => undefined;
  // oxlint-disable-next-line no-restricted-imports -- loaded when it is asked for
  const { Trust } = await import("../trust/trust.ts");
  const trusted = new Trust(trust);
  return (artifact, file) => trusted.verifyArtifact(artifact, file);
}

/** An artifact that was verified before. It holds no bytes: they are read, and verified again, when they are asked for. */
export function verifiedArtifact(file: string, hash: string, manifest: Manifest): FoundArtifact {
  return {
    name: manifest.name,
    file,
    hash,
    manifest,
    async bytes() {
      // It was accepted before: the limits of size and time of that scan are not asked for again.
      const now = await readArtifact(file, Infinity);
      if (now.hash === hash) return now.bytes;
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
    if (expected <= LISTED_IN_TURN) return readdirSync(dir);
    const { readdir } = await import("node:fs/promises");
    return await readdir(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new HotswapError(
        "HOTSWAP_PLUGIN_DIR_NOT_FOUND",
        `the plugin folder ${dir} does not exist: build plugins into it (bunx hotswap build 'plugin/*' ${relative(process.cwd(), dir)}), or name another folder`,
        { phase: "scan", cause: error },
      );
    }
    throw new HotswapError(
      "HOTSWAP_PLUGIN_DIR_NOT_FOUND",
      `the plugin folder ${dir} cannot be read (${describeError(error)}): name another folder`,
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
