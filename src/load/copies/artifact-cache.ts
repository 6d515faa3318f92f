import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { CopyFolder, type Slot, writeSlot } from "./copy-folder.ts";

/** A file system in memory that Linux has: making a file there takes 0.02 ms, on a disk 0.3 to 1. */
const MEMORY = "/dev/shm";

/** Larger copies go to the disk, where they take no memory. */
const LARGEST_IN_MEMORY = 256 * 1024;

/** Bytes that all copies in memory may take together. */
const MEMORY_LIMIT = 32 * 2 ** 20;

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
}

/**
 * Private copies of the artifacts in use: each generation is imported from a file of its own, which no build overwrites.
 * A copy stays while a generation or the history holds it. Small ones lie in memory, as far as that
 * goes; where the host sets `TMPDIR`, they all lie there.
 */
export class ArtifactCache implements Disposable {
  readonly #disk = new CopyFolder(tmpdir());
  readonly #memory = new CopyFolder(MEMORY);
  readonly #copies = new Map<string, Copy>();
  #memoryLeft = process.platform === "linux" && process.env["TMPDIR"] === undefined ? MEMORY_LIMIT : 0;

  /** Holds the artifact with this hash; `bytes` is asked for when there is no copy yet. Resolves to the copy's path. */
  async hold(hash: string, bytes: () => Promise<Uint8Array>): Promise<string> {
    const copy = this.#copies.get(hash) ?? { holders: 0, written: undefined, place: undefined };
    this.#copies.set(hash, copy);
    copy.holders++;
    try {
      // The folder may have fallen to something that cleans up temporary files of a host that runs for weeks.
      if (copy.place !== undefined && !existsSync(copy.place.slot.file)) {
        this.#giveBack(copy.place);
        copy.place = undefined;
        copy.written = undefined;
      }
      copy.written ??= bytes().then((content) => this.#write(content));
      copy.place = await copy.written;
      return copy.place.slot.file;
    } catch (error) {
      copy.written = undefined;
      this.release(hash);
      throw error;
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
    return this.#writeTo(this.#disk, bytes, 0);
  }

  async #writeTo(folder: CopyFolder, bytes: Uint8Array, memory: number): Promise<Place> {
    const place: Place = { folder, slot: folder.take(), memory };
    this.#memoryLeft -= memory;
    try {
      await writeSlot(place.slot, bytes);
      return place;
    } catch (error) {
      this.#giveBack(place);
      throw error;
    }
  }

  #giveBack({ folder, slot, memory }: Place): void {
    folder.giveBack(slot);
    this.#memoryLeft += memory;
  }
}

/** The whole copy, for what is read from it later (assets). */
export function readCopy(file: string): Uint8Array {
  return readFileSync(file);
}
