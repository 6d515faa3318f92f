import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { OwnFolder, type Report } from "./own-folder.ts";

/** Bytes up to which a copy is written in this turn: some 0.1 ms, where a turn of the thread pool costs more. */
const WRITTEN_AT_ONCE = 256 * 1024;

/** A place for one copy, until it is given back. */
export interface Slot {
  readonly file: string;
  readonly number: number;
}

/**
 * Places for copies in a folder of this process.
 *
 * Each copy lies in a small folder, a slot, that a later copy takes over: Bun keeps the listing of a folder that it
 * imported from, and fails to see more than 4,096 files that came later.
 */
export class CopyFolder implements Disposable {
  readonly #parent: string;
  readonly #report: Report;
  readonly #freeSlots: number[] = [];
  #folder: OwnFolder | undefined;
  #slots = 0;
  #files = 0;

  /** Nothing is made in `parent` before the first slot is taken. */
  constructor(parent: string, report: Report) {
    this.#parent = parent;
    this.#report = report;
  }

  /** A slot. Throws what the file system does. */
  take(): Slot {
    if (this.#folder?.isIntact !== true) this.#renew();
    const folder = (this.#folder ??= this.#makeFolder());
    const number = this.#freeSlots.pop() ?? this.#slots++;
    // A path that was never imported before, because Bun may still have the old code for it; and a short one, because
    // Bun remembers them all.
    const name = `${(this.#files++).toString(36)}.mjs`;
    return { file: join(folder.path, String(number), name), number };
  }

  /** Bun installs packages for code that has no `node_modules` above it. With this empty one it installs none. */
  #makeFolder(): OwnFolder {
    const folder = new OwnFolder(this.#parent, this.#report);
    mkdirSync(join(folder.path, "node_modules"), { mode: 0o700 });
    return folder;
  }

  /** Deletes the slot's file; a later copy may have the slot. */
  giveBack({ file, number }: Slot): void {
    if (dirname(dirname(file)) !== this.#folder?.path) return;
    if (this.#folder.isIntact) rmSync(file, { force: true });
    this.#freeSlots.push(number);
  }

  [Symbol.dispose](): void {
    this.#renew();
  }

  /** The next slot is in another folder: somebody else may have made a folder with the old name. */
  #renew(): void {
    this.#folder?.[Symbol.dispose]();
    this.#folder = undefined;
    this.#slots = 0;
    this.#freeSlots.length = 0;
  }
}

/** Writes the slot's file. Until this resolves, the file may be absent or incomplete. */
export async function writeSlot({ file }: Slot, bytes: Uint8Array): Promise<void> {
  // The slot alone: the folder above it is there, or was taken away, and then it must not be made anew by its name.
  makeSlot(dirname(file));
  const options = { mode: 0o600, flag: "wx" };
  try {
    if (bytes.length <= WRITTEN_AT_ONCE) writeFileSync(file, bytes, options);
    else {
      const { writeFile } = await import("node:fs/promises");
      await writeFile(file, bytes, options);
    }
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

function makeSlot(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
