import { closeSync, constants, fstatSync, openSync, read, readSync, type Stats } from "node:fs";
import { HotswapError } from "./errors.ts";

/** Not by `promisify`: node:util takes longer to load than all of this package's core. */
function readLater(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  read(fd, buffer, offset, length, position, (error, bytesRead) => {
    if (error) reject(error);
    else resolve(bytesRead);
  });
  return promise;
}

/** On Windows there is neither; there they are 0. */
const { O_NONBLOCK = 0, O_NOCTTY = 0, O_RDONLY } = constants;

/** Bytes up to which a file is read in this turn: some 0.05 ms, where a turn of the thread pool costs more. */
const READ_IN_TURN = 256 * 1024;

/**
 * A file that is open for reading and is known to be regular. The opened file is the one that was checked, so nobody
 * can make the reader wait or read without end by putting a pipe or a device there.
 */
export class RegularFile implements Disposable {
  /** Of the open file, whatever lies under its path meanwhile. */
  readonly stats: Stats;
  readonly #descriptor: number;

  /** Throws `HOTSWAP_NOT_A_FILE` for everything but a regular file (or a link to one), and what the system throws. */
  constructor(path: string) {
    // Without waiting for somebody to write into a pipe.
    this.#descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    try {
      this.stats = fstatSync(this.#descriptor);
      requireRegular(this.stats, path);
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  /** The first `size` bytes, or as many as there are. */
  beginning(size = this.stats.size): Buffer {
    const bytes = Buffer.allocUnsafe(Math.min(size, this.stats.size));
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(this.#descriptor, bytes, length, Math.min(bytes.length - length, MOST_AT_ONCE), length);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  }

  /** All that it held when it was opened. A file that shrinks meanwhile gives less. */
  async bytes(): Promise<Buffer> {
    const { size } = this.stats;
    if (size <= READ_IN_TURN) return this.beginning(size);
    const bytes = Buffer.allocUnsafe(size);
    let length = 0;
    while (length < size) {
      const most = Math.min(size - length, MOST_AT_ONCE);
      const bytesRead = await readLater(this.#descriptor, bytes, length, most, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/** Some systems read no more than 2 GB in one call. */
const MOST_AT_ONCE = 2 ** 30;

/** Throws `HOTSWAP_NOT_A_FILE`, saying what it is. */
export function requireRegular(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  throw new HotswapError(
    "HOTSWAP_NOT_A_FILE",
    `${path} is ${kindOf(stats)}, and only regular files are read: remove it, or put the file there`,
  );
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return "a device";
  return "no file";
}
