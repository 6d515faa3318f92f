import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";
import { extensions, isInside } from "../../../load/resolve.ts";
import type { Diagnostic } from "../../diagnostic.ts";
import { isCode, type PluginFolder } from "../../read/plugin-folder.ts";
import { relativeSpecifier, resolveFile } from "../../read/resolve.ts";
import type { SourceFile } from "../../read/syntax/source-file.ts";
import { applyEdits } from "../../text-edits.ts";
import { dataTypes, type HostImports, keyOf } from "../host-imports.ts";
import type { TextPattern } from "./computed.ts";
import { editContext, mayNeedContext } from "./edit-context.ts";
import type { EditedModule } from "./edited-module.ts";

/** Files that are data, and that the compiler makes modules of. */
const data = /\.(?:jsonc?|json5|toml|ya?ml|txt)$/;

/** A module's code with its context, and what is said about it. */
export interface ContextualModule extends EditedModule {
  readonly id: string;
  /** Keys of modules of the host that it imports or requires later. */
  readonly hostModules: ReadonlySet<string>;
  readonly text: string;
}

export interface PluginContextsOptions {
  readonly pluginDir: string;
  readonly folder: PluginFolder;
  readonly host: HostImports;
  /** Members of `import.meta` that a build flag gives a value, as `import.meta.env`. */
  readonly defined: readonly string[];
  /** The workers whose code is being built: a worker's code cannot contain itself. */
  readonly starting: readonly string[];
}

/** Gives the modules of one plugin their contexts. */
export class PluginContexts {
  readonly #options: PluginContextsOptions;
  /** By path; made when the first one is asked for. */
  #ids: ReadonlyMap<string, string> | undefined;
  readonly #modules = new Map<string, ContextualModule>();

  constructor(options: PluginContextsOptions) {
    this.#options = options;
  }

  /** The modules that have got one, by their absolute paths. */
  get modules(): ReadonlyMap<string, ContextualModule> {
    return this.#modules;
  }

  /** What was found about those of the modules that are part of the plugin. */
  warningsOf(paths: Iterable<string>): Diagnostic[] {
    return Array.from(paths).flatMap((path) => this.#modules.get(path)?.warnings ?? []);
  }

  /** The workers that these modules start: paths from the plugin's folder. */
  workersOf(paths: Iterable<string>): Set<string> {
    const workers = new Set<string>();
    for (const path of paths) for (const worker of this.#modules.get(path)?.workers ?? []) workers.add(worker);
    return workers;
  }

  /** Keys of the modules of the host that these modules import or require later. */
  laterModulesOf(paths: Iterable<string>): Set<string> {
    const keys = new Set<string>();
    for (const path of paths) for (const key of this.#modules.get(path)?.hostModules ?? []) keys.add(key);
    return keys;
  }

  /** The module with its context; `undefined` when it needs none. */
  edit(file: SourceFile): ContextualModule | undefined {
    if (!mayNeedContext(file.text)) return undefined;
    this.#ids ??= new Map(this.#options.folder.modules.map((path, index) => [path, String(index)]));
    const id = this.#ids.get(file.path) ?? this.#idOfOther(file.path);
    const hostModules = new Set<string>();
    const edited = editContext(file, { id, ...this.#surroundingsOf(file.path, hostModules) });
    const { edits, added, choices } = edited;
    if (edits.length === 0 && choices.length === 0) return undefined;
    const module = { ...edited, id, hostModules, text: applyEdits(file.text, edits) + added };
    this.#modules.set(file.path, module);
    return module;
  }

  /** Modules of packages come in any order, and the same source must give the same artifact. */
  #idOfOther(path: string): string {
    const place = relative(this.#options.pluginDir, path).replaceAll("\\", "/");
    return `x${Bun.hash(place).toString(36)}`;
  }

  #surroundingsOf(path: string, hostModules: Set<string>): Omit<Parameters<typeof editContext>[1], "id"> {
    const { pluginDir, host, defined, starting } = this.#options;
    const from = dirname(path);
    return {
      attributed: (specifier, type) => this.#attributed(specifier, type, path),
      ownerOf: (specifier) => {
        const found = host.find(specifier, path, from);
        if (found !== undefined) {
          hostModules.add(keyOf(found.name));
          return "host";
        }
        const isKnown = isBuiltin(specifier) || specifier.includes(":") || resolveFile(specifier, from) !== undefined;
        return isKnown ? "plugin" : undefined;
      },
      choices: (pattern, type) => this.#choices(pattern, type, path),
      worker: (specifier) => {
        const file = resolveFile(specifier.startsWith(".") ? specifier : `./${specifier}`, from);
        const canHave = file !== undefined && isInside(file, pluginDir) && isCode(file) && !starting.includes(file);
        return canHave ? relative(pluginDir, file).replaceAll("\\", "/") : undefined;
      },
      isDefined: (member) => defined.includes(`import.meta.${member}`),
    };
  }

  #attributed(specifier: string, type: string, importer: string): string | undefined {
    const found = this.#options.host.named(specifier, importer, type);
    if (found !== undefined) return found;
    if (!dataTypes.has(type)) {
      this.#options.host.refuseOwn(specifier, importer, `with { type: "${type}" }`);
    }
    return undefined;
  }

  /** The files of the plugin that a pattern fits; without an ending, as an import may leave it out. */
  #choices(pattern: TextPattern, type: string | undefined, importer: string): string[] | undefined {
    const { pluginDir, folder } = this.#options;
    const from = dirname(importer);
    const [start = ""] = pattern;
    const beginning = join(from, start.endsWith("/") ? `${start}x` : start);
    if (!isInside(beginning, pluginDir)) return undefined;
    const fits = pattern.map((part) => (part === undefined ? ".*" : RegExp.escape(part)));
    const endings = extensions.map((extension) => RegExp.escape(extension)).join("|");
    const pathPattern = new RegExp(`^${fits.join("")}(?:(?:/index)?(?:${endings}))?$`, "s");
    const files = [...folder.modules, ...folder.otherFiles.map((path) => join(pluginDir, path))];
    return files
      .filter((path) => path !== importer && (isCode(path) || data.test(path) || dataTypes.has(type ?? "")))
      .map((path) => relativeSpecifier(from, path))
      .filter((path) => pathPattern.test(path))
      .toSorted();
  }
}
