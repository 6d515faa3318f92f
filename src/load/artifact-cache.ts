import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const PREFIX = "hotswap-";

/** Bytes up to which a copy is written in this turn: some 0.1 ms, where a turn of the thread pool costs more. */
const WRITTEN_AT_ONCE = 256 * 1024;

/** A copy that is held. */
interface Copy {
  readonly file: string;
  readonly slot: number;
  holders: number;
}

/**
 * Private copies of the artifacts in use: each generation is imported from a file named by its content's hash, which no
 * build overwrites. A copy stays while a generation or the history holds it. The folder goes away with the process, or,
 * when that was killed, with the next process that makes such a folder.
 *
 * Each copy lies in a small folder, a slot, that a later copy takes over: Bun keeps the listing of a folder that it
 * imported from, fails to see more than 4,096 files that came later, and remembers every path for good.
 */
export class ArtifactCache implements Disposable {
  #dir: string | undefined;
  readonly #copies = new Map<string, Copy>();
  readonly #freeSlots: number[] = [];
  readonly #removeAtExit = (): void => this[Symbol.dispose]();

  /** Holds the artifact with this hash; `bytes` is asked for when there is no copy yet. Resolves to the copy's path. */
  async hold(hash: string, bytes: () => Promise<Uint8Array>): Promise<string> {
    const copy = this.#copies.get(hash) ?? this.#takeSlot(hash);
    copy.holders++;
    try {
      // The folder may have fallen to something that cleans up temporary files of a host that runs for weeks.
      if (!existsSync(copy.file)) await writeCopy(copy.file, await bytes());
    } catch (error) {
      this.release(hash);
      throw error;
    }
    return copy.file;
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
    rmSync(copy.file, { force: true });
    this.#freeSlots.push(copy.slot);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#removeAtExit);
    if (this.#dir !== undefined) rmSync(this.#dir, { recursive: true, force: true });
    this.#dir = undefined;
    this.#copies.clear();
  }

  #takeSlot(hash: string): Copy {
    this.#dir ??= this.#makeDir();
    const slot = this.#freeSlots.pop() ?? this.#copies.size;
    const copy: Copy = { file: join(this.#dir, String(slot), `${hash}.mjs`), slot, holders: 0 };
    this.#copies.set(hash, copy);
    return copy;
  }

  #makeDir(): string {
    const parent = tmpdir();
    mkdirSync(parent, { recursive: true });
    removeOrphans(parent);
    process.on("exit", this.#removeAtExit);
    return mkdtempSync(join(parent, `${PREFIX}${process.pid}.${startTime(process.pid) ?? ""}-`));
  }
}

/** Not even the process itself may ever take a part of a copy for the whole. */
async function writeCopy(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.tmp`;
  mkdirSync(dirname(file), { recursive: true });
  try {
    if (bytes.length <= WRITTEN_AT_ONCE) writeFileSync(temporary, bytes);
    else await writeFile(temporary, bytes);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Removes the folders of processes that ended without cleaning up. */
function removeOrphans(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid, start] = /^hotswap-(\d+)\.(\d*)-/.exec(name) ?? [];
    if (pid === undefined || start === undefined || isRunning(Number(pid), start)) continue;
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** A process of another start has only the number in common: in a container the host is number 1 each time. */
function isRunning(pid: number, start: string): boolean {
  const startOfPid = startTime(pid);
  if (startOfPid !== undefined) return start === "" || startOfPid === start;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is running, too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When the process was started, in the system's own ticks; `undefined` where the system does not say, or has no such process. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name, in parentheses, may hold anything; the start is the 20th field after it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** The whole copy, for what is read from it later (assets). */
export function readCopy(file: string): Uint8Array {
  return readFileSync(file);
}
