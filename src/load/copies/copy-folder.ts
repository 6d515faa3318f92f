import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const PREFIX = "hotswap-";

/** Bytes up to which a copy is written in this turn: some 0.1 ms, where a turn of the thread pool costs more. */
const WRITTEN_AT_ONCE = 256 * 1024;

/** A place for one copy, until it is given back. */
export interface Slot {
  readonly file: string;
  readonly number: number;
}

/**
 * A folder of this process. It goes away with the process, or, when that was killed, with the next process that makes
 * such a folder beside it.
 *
 * Each copy lies in a small folder, a slot, that a later copy takes over: Bun keeps the listing of a folder that it
 * imported from, and fails to see more than 4,096 files that came later.
 */
export class CopyFolder implements Disposable {
  readonly #parent: string;
  readonly #freeSlots: number[] = [];
  readonly #removeAtExit = (): void => this[Symbol.dispose]();
  #dir: string | undefined;
  #slots = 0;
  #files = 0;

  /** Nothing is made in `parent` before the first slot is taken. */
  constructor(parent: string) {
    this.#parent = parent;
  }

  /** A slot. Throws what the file system does. */
  take(): Slot {
    this.#dir ??= this.#makeDir();
    const number = this.#freeSlots.pop() ?? this.#slots++;
    // Never a path that was imported before: Bun may still take the old code for it. And a short one: it remembers them all.
    const name = `${(this.#files++).toString(36)}.mjs`;
    return { file: join(this.#dir, String(number), name), number };
  }

  /** Deletes the slot's file; a later copy may have the slot. */
  giveBack({ file, number }: Slot): void {
    rmSync(file, { force: true });
    this.#freeSlots.push(number);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#removeAtExit);
    if (this.#dir !== undefined) rmSync(this.#dir, { recursive: true, force: true });
    this.#dir = undefined;
    this.#slots = 0;
    this.#freeSlots.length = 0;
  }

  #makeDir(): string {
    mkdirSync(this.#parent, { recursive: true });
    removeOrphans(this.#parent);
    const dir = mkdtempSync(join(this.#parent, `${PREFIX}${process.pid}.${startTime(process.pid) ?? ""}-`));
    process.on("exit", this.#removeAtExit);
    return dir;
  }
}

/** Writes the slot's file. Whoever asks must not use the file before this is over: it is not there at once, as a whole. */
export async function writeSlot({ file }: Slot, bytes: Uint8Array): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  try {
    if (bytes.length <= WRITTEN_AT_ONCE) writeFileSync(file, bytes);
    else await writeFile(file, bytes);
  } catch (error) {
    rmSync(file, { force: true });
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
