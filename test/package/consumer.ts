import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Child } from "../support/child.ts";

export const checkout = join(import.meta.dir, "..", "..");

/** What ran to its end. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder outside of the checkout in which the package is used as a stranger would. Deleted when disposed of. */
export class Consumer implements AsyncDisposable {
  readonly folder: string;
  /** What was installed. */
  tarball = "";
  readonly #path: string;

  private constructor(folder: string, path: string) {
    this.folder = folder;
    this.#path = path;
  }

  static async create(): Promise<Consumer> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "hotswap-package-")));
    const bin = join(folder, ".bin");
    await mkdir(bin);
    await mkdir(join(folder, "server"));
    // The Bun that runs this test, under the names by which a shell knows it.
    for (const name of ["bun", "bunx"]) await symlink(process.execPath, join(bin, name));
    return new Consumer(folder, `${bin}:${process.env["PATH"]}`);
  }

  /** A path in the project that uses the package. */
  path(...parts: string[]): string {
    return join(this.folder, "server", ...parts);
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(this.path(name)), { recursive: true });
      await writeFile(this.path(name), content);
    }
  }

  /** Starts a command line; its words are parted by spaces. */
  start(line: string, env: Record<string, string> = {}, cwd = this.path()): Child {
    return new Child(line.split(" "), { cwd, env: { PATH: this.#path, ...env } });
  }

  async run(line: string, cwd?: string): Promise<Ran> {
    await using child = this.start(line, {}, cwd);
    const code = await child.exit();
    return { code, stdout: child.stdout, stderr: child.stderr };
  }

  /** {@link run}, and throws with the output unless the exit code is 0. */
  async succeed(line: string, cwd?: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(line, cwd);
    if (code !== 0) throw new Error(`${line} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
