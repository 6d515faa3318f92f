import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "hotswap-";

/**
 * Private copies of the artifacts in use: each generation is imported from a file named by its content's hash, which no
 * build overwrites. A copy stays while a generation or the history holds it. The folder goes away with the process, or,
 * when that was killed, with the next process that makes such a folder.
 */
export class ArtifactCache implements Disposable {
  #dir: string | undefined;
  #making: Promise<string> | undefined;
  readonly #holders = new Map<string, number>();
  readonly #removeAtExit = (): void => this[Symbol.dispose]();

  /** Holds the artifact with this hash; `bytes` is asked for when there is no copy yet. Resolves to the copy's path. */
  async hold(hash: string, bytes: () => Promise<Uint8Array>): Promise<string> {
    this.retain(hash);
    this.#making ??= this.#makeDir();
    this.#dir = await this.#making;
    const file = join(this.#dir, `${hash}.mjs`);
    if (!existsSync(file)) {
      const temporary = `${file}.${crypto.randomUUID()}.tmp`;
      await writeFile(temporary, await bytes());
      await rename(temporary, file);
    }
    return file;
  }

  /** Holds once more what is held already. */
  retain(hash: string): void {
    this.#holders.set(hash, (this.#holders.get(hash) ?? 0) + 1);
  }

  /** Ends one hold; the copy is deleted with the last. */
  async release(hash: string): Promise<void> {
    const holders = (this.#holders.get(hash) ?? 0) - 1;
    if (holders > 0) {
      this.#holders.set(hash, holders);
      return;
    }
    this.#holders.delete(hash);
    if (this.#dir !== undefined) await rm(join(this.#dir, `${hash}.mjs`), { force: true });
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#removeAtExit);
    if (this.#dir !== undefined) rmSync(this.#dir, { recursive: true, force: true });
    this.#dir = undefined;
    this.#making = undefined;
  }

  async #makeDir(): Promise<string> {
    const parent = tmpdir();
    mkdirSync(parent, { recursive: true });
    removeOrphans(parent);
    process.on("exit", this.#removeAtExit);
    return mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
  }
}

/** Removes the folders of processes that ended without cleaning up. */
function removeOrphans(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(PREFIX) ? /^(\d+)-/.exec(name.slice(PREFIX.length))?.[1] : undefined;
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is running, too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The whole copy, for what is read from it later (assets). */
export function readCopy(file: string): Uint8Array {
  return readFileSync(file);
}
