import { dirname } from "node:path";
import { exportsDefinition } from "../read/definition.ts";
import { findRootModule } from "../read/plugin-folder.ts";
import type { SourceReader } from "../read/syntax/source-file.ts";
import { isInside } from "../../load/resolve.ts";

/** Tells which folders of a project are plugins: those whose root module exports a definition. */
export class PluginFolders {
  readonly #root: string;
  readonly #sources: SourceReader;
  readonly #known = new Map<string, boolean>();

  /** @param root real path of the project's root, which is not a plugin itself */
  constructor(root: string, sources: SourceReader) {
    this.#root = root;
    this.#sources = sources;
  }

  /** The folders that were looked at. */
  get folders(): Iterable<string> {
    return this.#known.keys();
  }

  /** The folder of the plugin that `file` belongs to; `undefined` when it belongs to none. */
  ownerOf(file: string): string | undefined {
    for (let dir = dirname(file); dir !== this.#root && isInside(dir, this.#root); dir = dirname(dir)) {
      if (this.#isPlugin(dir)) return dir;
    }
    return undefined;
  }

  #isPlugin(dir: string): boolean {
    let known = this.#known.get(dir);
    if (known === undefined) {
      const rootModule = findRootModule(dir);
      const file = rootModule === undefined ? undefined : this.#sources.read(rootModule);
      known = file !== undefined && file.text.includes("definePlugin") && exportsDefinition(file);
      this.#known.set(dir, known);
    }
    return known;
  }
}
