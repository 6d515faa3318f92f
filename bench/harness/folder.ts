import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Files } from "./source.ts";

const bench = join(import.meta.dir, "..");
const checkout = join(bench, "..");

/** A temporary project. Deleted when disposed. */
export class Folder implements Disposable {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "hotswap-bench-")));

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  write(files: Files): void {
    for (const [path, content] of Object.entries(files)) {
      const file = this.path(path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }

  /** Copies hosts of `bench/hosts` into the root. */
  addHosts(...names: string[]): void {
    for (const name of names) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      copyFileSync(join(bench, "hosts", name), this.path(name));
    }
  }

  /** Makes the peers' packages importable here. */
  usePeers(): void {
    symlinkSync(join(bench, "node_modules"), this.path("node_modules"), "dir");
  }

  /** Makes `hotswap` importable here, as an outsider would have it. */
  useHotswap(): void {
    mkdirSync(this.path("node_modules"));
    symlinkSync(checkout, this.path("node_modules", "hotswap"), "dir");
  }

  /** Installs `hotswap` as it is packed for others, with what its `prepack` makes. Returns the package's folder. */
  installHotswap(): string {
    const installed = this.path("node_modules", "hotswap");
    for (const name of ["package.json", "src", "cli"]) {
      cpSync(join(checkout, name), join(installed, name), { recursive: true });
    }
    const { dependencies } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
    for (const name of Object.keys(dependencies)) {
      symlinkSync(join(checkout, "node_modules", name), this.path("node_modules", name), "dir");
    }
    const { success, stderr } = Bun.spawnSync([process.execPath, "run", "pack-build"], { cwd: installed });
    if (!success) throw new Error(`the build command could not be packed:\n${stderr.toString()}`);
    return installed;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
