import { readFileSync } from "node:fs";
import { dirname, sep } from "node:path";
import { SOURCE_MAP_LINE } from "../artifact/layout.ts";
import { turnWhenDue } from "../turn.ts";
import type { BuiltModule } from "./found-artifact.ts";
import { importAside } from "./graph.ts";

/** For so long, in ms, whoever waits for what was just evaluated comes before the maps of it. */
const REST = 20;

/** Characters of code up to which maps are made before it is evaluated: less than a ms. */
const SHORT = 4 * 1024;

/** Source maps that the engine is about to learn of. */
export interface AddedMaps {
  readonly isShort: boolean;
  /** Makes the engine learn of them now. */
  done(): Promise<void>;
  /** Makes the engine learn of them when there is time. */
  later(): void;
}

/**
 * Tells the engine where the code of built modules comes from. It learns of source maps from modules that it imports, by
 * their paths, and looks them up when a stack trace is read. So a module that has nothing but the map is imported in the place
 * of the source file.
 */
export class SourceMaps {
  readonly #known = new Map<string, BuiltModule>();
  readonly #maps = new Map<string, string>();
  readonly #folders = new Set<string>();
  /** By file: the engine forgets a map when the module that told it is collected. */
  readonly #held = new Map<string, unknown>();

  add(modules: readonly BuiltModule[]): AddedMaps {
    const changed = modules.filter((module) => this.#known.get(module.file) !== module);
    for (const module of changed) this.#known.set(module.file, module);
    let done: Promise<void> | undefined;
    const start = (): Promise<void> => (done ??= this.#tell(changed));
    return {
      isShort: changed.reduce((sum, { text }) => sum + text.length, 0) <= SHORT,
      done: start,
      later: () => {
        if (done === undefined && changed.length > 0) setTimeout(() => void start(), REST).unref();
      },
    };
  }

  async #tell(modules: readonly BuiltModule[]): Promise<void> {
    const files: string[] = [];
    for (const module of modules) {
      const { file } = module;
      await turnWhenDue();
      // Another version may have come meanwhile.
      const map = this.#known.get(file) === module ? module.sourceMap() : undefined;
      if (map === undefined) continue;
      this.#intercept(dirname(file));
      this.#maps.set(file, map);
      files.push(file);
    }
    if (files.length === 0) return;
    try {
      const told = await importAside(files);
      for (const [index, file] of files.entries()) this.#held.set(file, told[index]);
    } catch {
      // A file that is gone by now has no lines to be shown.
    } finally {
      for (const file of files) this.#maps.delete(file);
    }
  }

  /** Whoever else imports a file of the folder gets the file. */
  #intercept(folder: string): void {
    if (this.#folders.has(folder)) return;
    this.#folders.add(folder);
    const filter = new RegExp(`^${RegExp.escape(folder + sep)}[^${RegExp.escape(sep)}]*$`);
    Bun.plugin({
      name: "hotswap source maps",
      setup: (build) => {
        build.onLoad({ filter }, ({ path, loader }) => {
          const map = this.#maps.get(path);
          if (map === undefined) return { contents: readFileSync(path), loader };
          const url = `data:application/json;base64,${Buffer.from(map).toString("base64")}`;
          return { contents: `// @bun\nexport {};\n${SOURCE_MAP_LINE}${url}\n`, loader: "js" };
        });
      },
    });
  }
}

let inspected: boolean | undefined;

/** A debugger is attached, or may be: the process was started with `--inspect`, or by an editor that debugs it. */
export function isInspected(): boolean {
  return (inspected ??=
    process.execArgv.some((argument) => argument.startsWith("--inspect")) ||
    Object.keys(process.env).some((name) => name.startsWith("BUN_INSPECT")));
}
