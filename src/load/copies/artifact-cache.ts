import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { tmpdir } from "node:os";
import { describeError, HotswapError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { systemFailure } from "../../system-failure.ts";
import { CopyFolder, type Slot, writeSlot } from "./copy-folder.ts";

/** A file system in memory that Linux has: making a file there takes 0.02 ms, on a disk 0.3 to 1. */
const MEMORY = "/dev/shm";

/** Larger copies go to the disk, where they take no memory. */
const LARGEST_IN_MEMORY = 256 * 1024;

/** Bytes that all copies in memory may take together. */
const MEMORY_LIMIT = 32 * 2 ** 20;

/**
 * How many copies stay open, so that they can be read when their file is gone. Many systems limit the open files of a
 * process.
 */
const MOST_OPEN = 256;

/** A copy that is held. */
interface Copy {
  holders: number;
  /** Settles when the copy is written; where it lies then. */
  written: Promise<Place> | undefined;
  place: Place | undefined;
}

interface Place {
  readonly folder: CopyFolder;
  readonly slot: Slot;
  /** Bytes that count as memory. */
  readonly memory: number;
  /** The open file, where few enough are open. */
  readonly descriptor: number | undefined;
}

/**
 * Private copies of the artifacts in use: each generation is imported from a file of its own, which no build overwrites.
 * A copy stays while a generation or the history holds it. Small ones lie in memory, as far as that
 * goes; where the host sets `TMPDIR`, they all lie there.
 *
 * A cleaner of temporary files may delete a copy while a host runs for weeks. Then the copy is read through the open
 * file, or made again.
 */
export class ArtifactCache implements Disposable {
  readonly #disk: CopyFolder;
  readonly #memory: CopyFolder;
  readonly #copies = new Map<string, Copy>();
  readonly #reported = new Set<string>();
  #memoryLeft = process.platform === "linux" && process.env["TMPDIR"] === undefined ? MEMORY_LIMIT : 0;
  #open = 0;

  /** What cannot be cleaned up is said once. */
  constructor(logger: Pick<Logger, "warn">) {
    const report = (problem: string, error: unknown): void => {
      if (this.#reported.has(problem)) return;
      this.#reported.add(problem);
      logger.warn(`${problem}: ${describeError(error)}`);
    };
    this.#disk = new CopyFolder(tmpdir(), report);
    this.#memory = new CopyFolder(MEMORY, report);
  }

  /**
   * Holds the artifact with this hash; `bytes` is asked for when there is no copy yet. Resolves to the copy's path. Rejects with
   * `HOTSWAP_COPY_FAILED` when a copy cannot be written, or was lost and cannot be made again.
   */
  async hold(hash: string, bytes: () => Promise<Uint8Array>): Promise<string> {
    const copy = this.#copies.get(hash) ?? { holders: 0, written: undefined, place: undefined };
    this.#copies.set(hash, copy);
    copy.holders++;
    try {
      const lost = copy.place;
      if (lost !== undefined && !existsSync(lost.slot.file)) {
        copy.place = await this.#write(readOpen(lost) ?? (await madeAgain(lost, bytes)));
        copy.written = Promise.resolve(copy.place);
        this.#giveBack(lost);
      }
      copy.written ??= bytes().then((content) => this.#write(content));
      copy.place = await copy.written;
      return copy.place.slot.file;
    } catch (error) {
      if (copy.place === undefined) copy.written = undefined;
      this.release(hash);
      throw error;
    }
  }

  /** The bytes of a copy that is held; `undefined` when it was taken away, and was not open. */
  read(hash: string): Uint8Array | undefined {
    const place = this.#copies.get(hash)?.place;
    if (place === undefined) return undefined;
    try {
      return readFileSync(place.slot.file);
    } catch {
      return readOpen(place);
    }
  }

  /** Holds once more what is held already. */
  retain(hash: string): void {
    const copy = this.#copies.get(hash);
    if (copy === undefined) throw new TypeError(`no copy of ${hash} is held`);
    copy.holders++;
  }

  /**
   * Ends one hold; the copy is deleted with the last. It is deleted when this returns: a copy that is on its way out must
   * not be taken for one that can be held.
   */
  release(hash: string): void {
    const copy = this.#copies.get(hash);
    if (copy === undefined || --copy.holders > 0) return;
    this.#copies.delete(hash);
    if (copy.place !== undefined) this.#giveBack(copy.place);
  }

  [Symbol.dispose](): void {
    for (const { place } of this.#copies.values()) if (place !== undefined) this.#close(place);
    this.#copies.clear();
    this.#memory[Symbol.dispose]();
    this.#disk[Symbol.dispose]();
  }

  async #write(bytes: Uint8Array): Promise<Place> {
    if (bytes.length <= Math.min(LARGEST_IN_MEMORY, this.#memoryLeft)) {
      try {
        return await this.#writeTo(this.#memory, bytes, bytes.length);
      } catch {
        // There is none, it is full, or it is not ours to write to: in a container it may be as small as it likes.
        this.#memoryLeft = 0;
      }
    }
    try {
      return await this.#writeTo(this.#disk, bytes, 0);
    } catch (cause) {
      throw new HotswapError(
        "HOTSWAP_COPY_FAILED",
        `the private copy of an artifact cannot be written to ${tmpdir()}: ${systemFailure(cause) ?? describeError(cause)}; or set TMPDIR to a folder that the host may write to`,
        { phase: "load", cause },
      );
    }
  }

  async #writeTo(folder: CopyFolder, bytes: Uint8Array, memory: number): Promise<Place> {
    const slot = folder.take();
    this.#memoryLeft -= memory;
    try {
      await writeSlot(slot, bytes);
      return { folder, slot, memory, descriptor: this.#openCopy(slot) };
    } catch (error) {
      this.#giveBack({ folder, slot, memory, descriptor: undefined });
      throw error;
    }
  }

  #openCopy({ file }: Slot): number | undefined {
    if (this.#open >= MOST_OPEN) return undefined;
    try {
      const descriptor = openSync(file, "r");
      this.#open++;
      return descriptor;
    } catch {
      // The system lets us open no more files: this copy can be read only as long as its file is there.
      return undefined;
    }
  }

  #close({ descriptor }: Place): void {
    if (descriptor === undefined) return;
    closeSync(descriptor);
    this.#open--;
  }

  #giveBack(place: Place): void {
    this.#close(place);
    this.#memoryLeft += place.memory;
    place.folder.giveBack(place.slot);
  }
}

/** The content of a copy whose file may be gone; `undefined` when it is not open. */
function readOpen({ descriptor }: Place): Uint8Array | undefined {
  if (descriptor === undefined) return undefined;
  const bytes = Buffer.allocUnsafe(fstatSync(descriptor).size);
  for (let length = 0; length < bytes.length;) {
    const count = readSync(descriptor, bytes, length, bytes.length - length, length);
    if (count === 0) return undefined;
    length += count;
  }
  return bytes;
}

async function madeAgain({ slot }: Place, bytes: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await bytes();
  } catch (cause) {
    throw new HotswapError(
      "HOTSWAP_COPY_FAILED",
      `the private copy ${slot.file} was removed from under the host, and its artifact is there no longer (${describeError(cause)}): build that version again, and keep what cleans up temporary files away from TMPDIR`,
      { phase: "load", cause },
    );
  }
}
