import { statSync } from "node:fs";
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

/** What tells an unchanged file without reading it. */
interface FileIdentity {
  readonly size: number;
  readonly modified: number;
  readonly inode: number;
}

interface KnownFile {
  readonly identity: FileIdentity;
  readonly artifact: FoundArtifact;
}

/** A file that is not as the last scan saw it. */
interface ChangedFile {
  readonly file: string;
  readonly identity: FileIdentity;
}

/** Files that are read at the same time. */
const READ_AT_ONCE = 16;

/**
 * Finds the artifacts of a plugin folder. A file whose size, time and inode are those of the last scan is not read
 * again.
 */
export class PluginDirScanner {
  #known = new Map<string, KnownFile>();

  /**
   * Throws `HOTSWAP_PLUGIN_DIR_NOT_FOUND`, `HOTSWAP_INVALID_ARTIFACT` for a file that is no intact artifact, and
   * `HOTSWAP_DUPLICATE_PLUGIN` for two with one name.
   */
  async scan(dir: string): Promise<FoundArtifacts> {
    const files = (await listArtifacts(dir)).map((name) => join(dir, name));
    const seen = new Map<string, KnownFile>();
    const changed: ChangedFile[] = [];
    for (const file of files) {
      const identity = identityOf(file);
      // A folder may be called anything.
      if (identity === undefined) continue;
      const known = this.#known.get(file);
      if (known !== undefined && sameIdentity(known.identity, identity)) seen.set(file, known);
      else changed.push({ file, identity });
      await turnWhenDue();
    }
    for (let start = 0; start < changed.length; start += READ_AT_ONCE) {
      const batch = await Promise.all(changed.slice(start, start + READ_AT_ONCE).map(readChanged));
      for (const { file, identity, bytes } of batch) {
        seen.set(file, { identity, artifact: verify(file, bytes) });
        await turnWhenDue();
      }
    }
    return this.#collect(files, seen);
  }

  /** In the order of `files`, by the plugins' names. */
  #collect(files: readonly string[], seen: ReadonlyMap<string, KnownFile>): FoundArtifacts {
    const found = new Map<string, FoundArtifact>();
    const known = new Map<string, KnownFile>();
    for (const file of files) {
      const entry = seen.get(file);
      if (entry === undefined) continue;
      const { identity, artifact } = entry;
      const key = artifact.name.toLowerCase();
      const other = found.get(key);
      if (other !== undefined) throw duplicatePlugin(other, artifact);
      found.set(key, artifact);
      // Not with its bytes: those are only wanted by the load that follows.
      const { hash, manifest } = artifact;
      known.set(
        file,
        this.#known.get(file) === entry ? entry : { identity, artifact: verifiedArtifact(file, hash, manifest) },
      );
    }
    this.#known = known;
    return found;
  }
}

/**
 * `undefined` for a folder. The identity is taken before the bytes: a file published in between is read again by the next
 * scan.
 */
function identityOf(file: string): FileIdentity | undefined {
  try {
    const stats = statSync(file);
    return stats.isDirectory() ? undefined : { size: stats.size, modified: stats.mtimeMs, inode: stats.ino };
  } catch (error) {
    throw invalidFile(file, error);
  }
}

async function readChanged({ file, identity }: ChangedFile): Promise<ChangedFile & { readonly bytes: Uint8Array }> {
  try {
    return { file, identity, bytes: await readFile(file) };
  } catch (error) {
    throw invalidFile(file, error);
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

async function listArtifacts(dir: string): Promise<string[]> {
  try {
    const names = await readdir(dir);
    return names.filter((name) => name.endsWith(ARTIFACT_EXTENSION) && !name.startsWith(".")).toSorted();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : describeError(error);
    throw new HotswapError(
      "HOTSWAP_PLUGIN_DIR_NOT_FOUND",
      `the plugin folder ${dir} cannot be read (${reason}): build plugins into it, or name another folder`,
      { phase: "scan", cause: error },
    );
  }
}

function duplicatePlugin(first: FoundArtifact, second: FoundArtifact): HotswapError {
  return new HotswapError(
    "HOTSWAP_DUPLICATE_PLUGIN",
    `two artifacts are the plugin "${second.name}": ${first.file} and ${second.file}; remove one`,
    { plugin: second.name, phase: "scan" },
  );
}

function sameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.modified === b.modified && a.inode === b.inode;
}
