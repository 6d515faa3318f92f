import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { SOURCE_MAP_LINE } from "../artifact/layout.ts";
import { runInHost } from "../run-in-host.ts";
import { turnWhenDue } from "../turn.ts";
import type { BuiltModule } from "./found-artifact.ts";
import { importAside } from "./graph.ts";

/** How long, in ms, the maps of evaluated code wait, so that whoever waits for the code comes first. */
const REST = 20;

/** The same of the first, for which what makes maps has to be loaded: that takes longer than a small build. */
const REST_AT_FIRST = 50;

/** Up to so many characters of code, maps are made before the evaluation, but for the first: that takes less than a ms. */
const SHORT = 4 * 1024;

/** Source maps that the engine is about to learn of. */
export interface AddedMaps {
  /** Makes the engine learn of them before anything is evaluated, when that surely takes less than a ms. */
  ifShort(): void;
  /** Makes the engine learn of them when there is time. */
  later(): void;
}

/**
 * Tells the engine where the code of built modules comes from. It learns of source maps from modules that it loads, by
 * their paths, and looks them up when a stack trace is read for the first time. So a module that has nothing but the map is loaded
 * in the place of the source file.
 */
class SourceMaps {
  readonly #known = new Map<string, BuiltModule>();
  /** What the engine has not learned of. */
  readonly #pending = new Set<BuiltModule>();
  readonly #maps = new Map<string, string>();
  readonly #folders = new Set<string>();
  /** By file: the engine forgets a map when the module that told it is collected. */
  readonly #held = new Map<string, unknown>();

  add(modules: readonly BuiltModule[]): AddedMaps {
    let length = 0;
    for (const module of modules) {
      const known = this.#known.get(module.file);
      if (known === module) continue;
      if (known !== undefined) this.#pending.delete(known);
      this.#known.set(module.file, module);
      this.#pending.add(module);
      length += module.text.length;
    }
    return {
      ifShort: () => {
        if (this.#folders.size > 0 && length <= SHORT) this.tell();
      },
      later: () => {
        if (this.#pending.size === 0) return;
        setTimeout(() => void this.#tellInTurns(), this.#folders.size > 0 ? REST : REST_AT_FIRST).unref();
      },
    };
  }

  /** Makes the engine learn of everything, at once: somebody is about to read a stack. */
  tell(): void {
    for (const module of this.#pending) this.#tellOf(module);
  }

  async #tellInTurns(): Promise<void> {
    for (const module of this.#pending) {
      this.#tellOf(module);
      await turnWhenDue();
    }
  }

  #tellOf(module: BuiltModule): void {
    this.#pending.delete(module);
    const { file } = module;
    const map = module.sourceMap();
    if (map === undefined) return;
    this.#intercept(dirname(file));
    this.#maps.set(file, map);
    const load = createRequire(import.meta.path);
    // The host may have the very file among its modules, and keeps it.
    if (file in load.cache) return void this.#tellAside(file);
    try {
      this.#held.set(
        file,
        runInHost(() => load(file)),
      );
      delete load.cache[file];
    } catch {
      // A file that is gone by now has no lines to be shown.
    }
    this.#maps.delete(file);
  }

  async #tellAside(file: string): Promise<void> {
    const told = await importAside(file).catch(() => undefined);
    this.#held.set(file, told);
    this.#maps.delete(file);
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

/** Of all plugins of this process: a file has one map. */
export const sourceMaps = new SourceMaps();

let inspected: boolean | undefined;

/** A debugger is attached, or may be: the process was started with `--inspect`, or by an editor that debugs it. */
export function isInspected(): boolean {
  return (inspected ??=
    process.execArgv.some((argument) => argument.startsWith("--inspect")) ||
    Object.keys(process.env).some((name) => name.startsWith("BUN_INSPECT")));
}
