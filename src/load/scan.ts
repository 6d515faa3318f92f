import { statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ARTIFACT_EXTENSION, type Manifest } from "../artifact/manifest.ts";
import { decodeArtifact } from "../artifact/decode.ts";
import { describeError, HotswapError } from "../errors.ts";
import { nextTurn } from "../turn.ts";

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
  readonly hash: string;
  readonly manifest: Manifest;
}

/** Files that are looked at before other work gets its turn: about half a millisecond's worth. */
const BATCH = 128;

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
    const found = new Map<string, FoundArtifact>();
    const known = new Map<string, KnownFile>();
    for (let start = 0; start < files.length; start += BATCH) {
      const batch = await Promise.all(files.slice(start, start + BATCH).map((file) => this.#examine(file)));
      for (const { artifact, identity } of batch) {
        known.set(artifact.file, { identity, hash: artifact.hash, manifest: artifact.manifest });
        const key = artifact.name.toLowerCase();
        const other = found.get(key);
        if (other !== undefined) throw duplicatePlugin(other, artifact);
        found.set(key, artifact);
      }
      await nextTurn();
    }
    this.#known = known;
    return found;
  }

  async #examine(file: string): Promise<{ artifact: FoundArtifact; identity: FileIdentity }> {
    try {
      // The identity is taken before the bytes: a file published in between is read again by the next scan.
      const { size, mtimeMs, ino } = statSync(file);
      const identity: FileIdentity = { size, modified: mtimeMs, inode: ino };
      const known = this.#known.get(file);
      if (known !== undefined && sameIdentity(known.identity, identity)) {
        return { artifact: verifiedArtifact(file, known.hash, known.manifest), identity };
      }
      const bytes = await readFile(file);
      const { hash, manifest } = decodeArtifact(bytes, file);
      return { artifact: { name: manifest.name, file, hash, manifest, bytes: async () => bytes }, identity };
    } catch (error) {
      const problem = error instanceof HotswapError ? error.message : `${file} cannot be read: ${describeError(error)}`;
      throw new HotswapError("HOTSWAP_INVALID_ARTIFACT", problem, { phase: "scan", cause: error });
    }
  }
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
    const entries = await readdir(dir, { withFileTypes: true });
    return entries
      .filter(({ name }) => name.endsWith(ARTIFACT_EXTENSION) && !name.startsWith("."))
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
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
