import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { isInspected } from "../../load/source-maps.ts";
import { ownFolder } from "../../own-package.ts";
import type { FilledOptions } from "../options.ts";
import type { SourceFile } from "../read/syntax/source-file.ts";
import type { CompilerSettings } from "./compiler-settings.ts";
import type { ModuleCode, ModuleExport } from "./module-code.ts";

/** In ms: how long after the first module that the cache lacked it is written. By then nobody waits for the build. */
const DELAY = 2000;

type StoredCode = Omit<ModuleCode, "exports"> & { readonly exports: readonly (readonly [string, ModuleExport])[] };

interface Entry {
  /** Tells the text and the settings that the code was compiled from. */
  readonly from: string;
  readonly code: StoredCode;
}

interface Stored {
  readonly key: string;
  readonly entries: readonly (readonly [path: string, entry: Entry])[];
}

/**
 * Keeps in a file what the modules of one plugin were compiled to, so that the next start of the development loop
 * compiles only what changed. A file that is missing, damaged, or made by another compiler is ignored. When the file
 * cannot be written, nothing is kept.
 */
export class CompileCache implements Disposable {
  readonly #packages: string;
  readonly #file: string;
  readonly #key: string;
  readonly #known: ReadonlyMap<string, Entry>;
  /** What this run uses, and nothing else is kept. */
  readonly #used = new Map<string, Entry>();
  #isNew = false;
  #timer: Timer | undefined;

  /** Reads the cache of a plugin. It lies with those of other tools, in the project's `node_modules/.cache`, if it has a `node_modules`. */
  constructor(options: FilledOptions) {
    const { pluginDir, root, bundler } = options;
    const name = `${options.name}-${Bun.hash(pluginDir).toString(36)}.json`;
    this.#packages = join(root, "node_modules");
    this.#file = join(this.#packages, ".cache", "hotswap", name);
    this.#key = JSON.stringify([Bun.revision, compilerVersion(), isInspected(), bundler.config]);
    this.#known = read(this.#file, this.#key);
  }

  get({ path, text }: SourceFile, settings: CompilerSettings): ModuleCode | undefined {
    const entry = this.#known.get(path);
    if (entry?.from !== from(text, settings)) return undefined;
    this.#used.set(path, entry);
    return { ...entry.code, exports: new Map(entry.code.exports) };
  }

  add({ path, text }: SourceFile, settings: CompilerSettings, code: ModuleCode): void {
    this.#used.set(path, { from: from(text, settings), code: { ...code, exports: [...code.exports] } });
    this.#isNew = true;
    this.#timer ??= setTimeout(() => this.#write(), DELAY).unref();
  }

  /** Writes what was added since. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#write();
  }

  #write(): void {
    if (!this.#isNew || !existsSync(this.#packages)) return;
    this.#isNew = false;
    const stored: Stored = { key: this.#key, entries: [...this.#used] };
    // Another process may build the same plugin: each puts a whole file in the place of another.
    const temporary = `${this.#file}.${process.pid}`;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeFileSync(temporary, JSON.stringify(stored));
      renameSync(temporary, this.#file);
    } catch {
      rmSync(temporary, { force: true });
    }
  }
}

function from(text: string, settings: CompilerSettings): string {
  return `${text.length} ${Bun.hash(text).toString(36)} ${settings}`;
}

function read(file: string, key: string): ReadonlyMap<string, Entry> {
  try {
    const stored = JSON.parse(readFileSync(file, "utf8")) as Stored;
    return new Map(stored.key === key ? stored.entries : []);
  } catch {
    return new Map();
  }
}

let version: number | undefined;

/** Identifies the compiler: it changes with each installation, and in a checkout with each edit of hotswap's source. */
function compilerVersion(): number {
  return (version ??= newestIn(extname(import.meta.path) === ".ts" ? join(ownFolder, "build") : ownFolder));
}

/** When a file of the folder was changed last. */
function newestIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce(
    (newest, path) => Math.max(newest, statSync(join(folder, path)).mtimeMs),
    0,
  );
}
