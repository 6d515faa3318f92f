import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { isCode } from "../../build/read/plugin-folder.ts";
import { turnWhenDue } from "../../turn.ts";

/**
 * What a look at a file says:
 *
 * - `same`: its content is what it was
 * - `changed`: it has another content, which looks whole
 * - `unfinished`: somebody seems to be writing it; if nothing more happens to it, it is to be taken as it is
 */
export type Finding = "same" | "changed" | "unfinished";

interface KnownFile {
  readonly size: number;
  readonly modified: number;
  readonly inode: number;
  /** Of what is in it; `undefined` until that was read. */
  readonly content: Content | undefined;
}

interface Content {
  readonly hash: number | bigint;
  readonly endsLine: boolean;
}

/** In bytes: programs write in pieces whose sizes are multiples of this. */
const PIECE = 4096;

const NEWLINE = 10;

/** In bytes: larger files that are not code are left alone, because they are data, and changing them is not an edit. */
const LARGEST = 1024 * 1024;

/** The state of a folder with source, by content. Events say that something happened; this says what. */
export class SourceState {
  readonly #dir: string;
  readonly #include: RegExp | undefined;
  readonly #files = new Map<string, KnownFile>();
  /** What was there when a build ended; it was not looked at yet, unless it is among the files. */
  #present: ReadonlySet<string> = new Set();
  /** What went into the newest build that succeeded. */
  #used: ReadonlySet<string> = new Set();
  /** Whether new files matter that are not code: something may be missing. */
  #wantsMore = false;

  /** Lists the folder as it is now. `include` matches files that are carried, by their paths in the folder. */
  constructor(dir: string, include?: RegExp) {
    this.#dir = dir;
    this.#include = include;
    for (const path of this.#walk(dir)) {
      const known = identify(path);
      if (known !== undefined) this.#files.set(path, known);
    }
  }

  /**
   * Reads what was only listed, file by file, when nobody waits. Until then whatever is written to a file is taken for a
   * change of it.
   */
  async readListed(): Promise<void> {
    for (const [path, known] of this.#files) {
      if (known.content !== undefined) continue;
      await turnWhenDue();
      const now = readKnown(path);
      if (now !== undefined && this.#files.get(path) === known && isSameFile(known, now)) this.#files.set(path, now);
    }
  }

  /** Code that is empty: somebody may have just made the file. */
  empty(): string[] {
    return Array.from(this.#files)
      .filter(([path, { size }]) => size === 0 && isCode(path))
      .map(([path]) => path);
  }

  /**
   * Call it after each build, with what went into the build (`undefined` when it failed), and whether only files had
   * changed that were known before. New files that are not code are ignored, such as those that an editor writes before
   * it renames them. They count once a build failed, because it may have lacked them, and once a build succeeded that
   * may have used them. Returns what went into the build and was not looked at yet.
   */
  learn(used: readonly string[] | undefined, isNarrow: boolean): string[] {
    if (!isNarrow || this.#wantsMore || used === undefined) this.#present = new Set(this.#walk(this.#dir));
    this.#wantsMore = used === undefined;
    if (used === undefined) return [];
    this.#used = new Set(used);
    const unknown = used.filter((path) => !this.#files.has(path));
    for (const path of unknown) this.take(path);
    return unknown;
  }

  /**
   * The files that may have changed when something happened at `path`: the file, or every file of a folder that came or
   * went. Without a path, all of them.
   */
  filesAt(path: string | undefined): string[] {
    const paths = new Set<string>();
    if (path === undefined) {
      for (const file of [...this.#files.keys(), ...this.#walk(this.#dir)]) paths.add(file);
    } else {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (this.#files.has(path)) {
        paths.add(path);
      } else {
        const folder = path + sep;
        for (const file of this.#files.keys()) if (file.startsWith(folder)) paths.add(file);
        if (stats?.isFile() === true) paths.add(path);
      }
      if (stats?.isDirectory() === true) for (const file of this.#walk(path)) paths.add(file);
    }
    return Array.from(paths).filter((file) => this.#matters(file));
  }

  /** Looks at one file, and remembers it if it looks whole. */
  examine(path: string): Finding {
    const before = this.#files.get(path);
    const now = readKnown(path);
    if (now === undefined) return before === undefined ? "same" : "unfinished";
    if (before !== undefined && isSame(before, now)) {
      this.#files.set(path, now);
      return "same";
    }
    if (looksUnfinished(before, now)) return "unfinished";
    this.#files.set(path, now);
    return "changed";
  }

  /** Remembers a file as it is now, whole or not; returns whether its content has changed. */
  take(path: string): boolean {
    const before = this.#files.get(path);
    const now = readKnown(path);
    if (now === undefined) return this.#files.delete(path);
    this.#files.set(path, now);
    return before === undefined || !isSame(before, now);
  }

  /**
   * Those of the files (of all that are known) that were written to, or taken away, since they were looked at: what somebody
   * read meanwhile may be older or newer.
   */
  touched(paths: Iterable<string> = this.#files.keys()): string[] {
    return Array.from(paths).filter((path) => {
      const known = this.#files.get(path);
      const stats = statSync(path, { throwIfNoEntry: false });
      return known === undefined || stats === undefined || !isSameFile(known, identityOf(stats));
    });
  }

  *#walk(dir: string): Generator<string, void> {
    let entries;
    try {
      entries = readdirSync(dir, { withFileTypes: true });
    } catch {
      // It went away meanwhile, and an event tells so.
      return;
    }
    for (const entry of entries) {
      const path = join(dir, entry.name);
      if (!isSourceName(entry.name)) continue;
      if (entry.isDirectory()) yield* this.#walk(path);
      else yield path;
    }
  }

  #matters(path: string): boolean {
    if (this.#used.has(path)) return true;
    if (!this.#wantsMore && !this.#isSource(path)) return false;
    if (this.#files.has(path) || this.#present.has(path) || this.#wantsMore || isCode(path)) return true;
    return this.#include?.test(relative(this.#dir, path).replaceAll("\\", "/")) === true;
  }

  #isSource(path: string): boolean {
    return relative(this.#dir, path).split(sep).every(isSourceName);
  }
}

/**
 * Packages, and what begins with a dot, are no source unless a build used them; neither is what editors keep beside a file that
 * they write.
 */
function isSourceName(name: string): boolean {
  return name !== "node_modules" && !name.startsWith(".") && !name.endsWith("~") && name !== "4913";
}

function readKnown(path: string): KnownFile | undefined {
  // The identity first: what is written in between is seen by touched().
  const known = identify(path);
  if (known === undefined) return undefined;
  try {
    const bytes = readFileSync(path);
    return { ...known, size: bytes.length, content: { hash: Bun.hash(bytes), endsLine: bytes.at(-1) === NEWLINE } };
  } catch {
    // It is not readable: the build says so if it needs it.
    return undefined;
  }
}

/** Says which file it is, without its content; `undefined` when there is none. */
function identify(path: string): KnownFile | undefined {
  let stats;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch {
    // What is above it is a file by now.
    return undefined;
  }
  return stats?.isFile() === true && !isData(path, stats) ? identityOf(stats) : undefined;
}

function identityOf({ size, mtimeMs: modified, ino: inode }: Stats): KnownFile {
  return { size, modified, inode, content: undefined };
}

function isSameFile(one: KnownFile, other: KnownFile): boolean {
  return one.size === other.size && one.modified === other.modified && one.inode === other.inode;
}

/** Whether a file has the content that it had; of one that was never read, whether it is the same file. */
function isSame(before: KnownFile, now: KnownFile): boolean {
  if (before.content === undefined || now.content === undefined) return isSameFile(before, now);
  return before.content.hash === now.content.hash && before.size === now.size;
}

function isData(path: string, { size }: Stats): boolean {
  return size > LARGEST && !isCode(path);
}

/**
 * Programs that write into the file make it empty first and then write it piece by piece. No operating system says when
 * they are done, but what is there before that is nearly always empty, or ends with a full piece, or within a line.
 */
function looksUnfinished(before: KnownFile | undefined, now: KnownFile): boolean {
  if (now.size === 0) return true;
  // What was never read ended with a line, as nearly all files do.
  const endedLine = before !== undefined && before.content?.endsLine !== false;
  return now.size % PIECE === 0 || (endedLine && now.content?.endsLine === false);
}
