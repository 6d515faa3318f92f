import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundle, publishedManifest } from "../../package/published.ts";
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

  /** Makes the packages of another project importable here. */
  useModulesOf(other: Folder): void {
    symlinkSync(other.path("node_modules"), this.path("node_modules"), "dir");
  }

  /** Installs `hotswap` as it is packed for others. Returns the path of its command. */
  async installHotswap(): Promise<string> {
    const installed = this.path("node_modules", "hotswap");
    this.write({ "node_modules/hotswap/package.json": JSON.stringify(publishedManifest()) });
    await bundle(join(installed, "dist"));
    const { dependencies } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
    for (const name of Object.keys(dependencies)) {
      mkdirSync(dirname(this.path("node_modules", name)), { recursive: true });
      symlinkSync(join(checkout, "node_modules", name), this.path("node_modules", name), "dir");
    }
    // What codebases of npm import.
    for (const name of readdirSync(join(bench, "node_modules"))) {
      if (!existsSync(this.path("node_modules", name))) {
        symlinkSync(join(bench, "node_modules", name), this.path("node_modules", name));
      }
    }
    return join(installed, "dist", "main.js");
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
