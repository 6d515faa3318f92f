import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { BuildOptions } from "../../build/index.ts";
import { displayPath } from "../../build/diagnostic.ts";
import { fillOptions } from "../../build/options.ts";
import { importsOf } from "../../build/compile/inputs.ts";
import { forgetResolved, isInside } from "../../load/resolve.ts";
import { FolderWatcher } from "../../watch/folder-watcher.ts";
import { type BuilderOf, type Built, PluginBuilder } from "./plugin-builder.ts";
import { type CommonBuildOptions, oneName, PluginFolders } from "./plugin-folders.ts";
import { outside, ProjectWatch } from "./project-watch.ts";
import { SettingsCheck } from "./settings-check.ts";

/** A plugin whose source is watched. */
export interface WatchedPlugin {
  readonly name: string;
  /** Absolute path of its folder. */
  readonly dir: string;
  /** The project's root. */
  readonly root: string;
  /** Whether the newest build succeeded; `undefined` before the first. */
  readonly built: boolean | undefined;
}

export interface PluginSetOptions<Result> {
  /** The plugins' folders, and patterns like `plugin/*`. */
  readonly plugins: readonly string[];
  readonly build: CommonBuildOptions;
  /** Makes what builds one plugin. */
  readonly builderOf: BuilderOf<Result>;
  /** The files that went into a build; absolute paths. */
  readonly filesOf: (result: Result, plugin: WatchedPlugin) => readonly string[];
  /** Keep the process running. */
  readonly persistent: boolean;
  /** Called after each build. `before` is whether the one before it succeeded. */
  readonly onBuilt: (plugin: WatchedPlugin, built: Built<Result>, before: boolean | undefined) => void;
  /** Called when a plugin's folder is gone. */
  readonly onGone: (plugin: WatchedPlugin) => void;
  /** Called when imports may mean something else than before. */
  readonly onProjectChanged?: () => void;
  /** Called when nothing is left to build, so that what changed together is built together. */
  readonly onIdle: () => void;
  /** Called for what cannot be watched, read or built at all. */
  readonly onError: (what: string, error: unknown) => void;
  /** Called when what was told as an error is right again. */
  readonly onMended: (what: string, now: string) => void;
}

interface Entry<Result> extends WatchedPlugin {
  readonly builder: PluginBuilder<Result>;
  readonly realDir: string;
  built: boolean | undefined;
}

/** In ms: how long to wait for a folder that went, because it may be about to be replaced. */
const PATIENCE = 80;

/** The plugins that are developed, each built whenever its source changes; they come and go with their folders. */
export class PluginSet<Result> implements Disposable {
  readonly #options: PluginSetOptions<Result>;
  readonly #folders: PluginFolders;
  readonly #plugins = new Map<string, Entry<Result>>();
  readonly #watchers = new Map<string, FolderWatcher>();
  readonly #project: ProjectWatch;
  readonly #settings: SettingsCheck;
  #lookedAtSettings: Promise<void> | undefined;
  /** Folders that are gone, each with the end of our patience. */
  readonly #leaving = new Map<string, Timer>();
  /** What was said of folders that cannot be built. */
  readonly #refused = new Set<string>();
  #looking = false;
  #closed = false;

  /** Begins to watch, and to build. Throws HOTSWAP_BUILD_FAILED for a pattern that cannot be followed. */
  constructor(options: PluginSetOptions<Result>) {
    this.#options = options;
    this.#folders = new PluginFolders(options.plugins);
    this.#project = new ProjectWatch({
      persistent: options.persistent,
      onChange: () => this.#projectChanged(),
      onIdle: () => this.#idle(),
      onError: options.onError,
    });
    this.#settings = new SettingsCheck({
      onBroken: (what, error) => !this.#closed && options.onError(what, error),
      onMended: (what, now) => !this.#closed && options.onMended(what, now),
    });
    const { plugins, watched } = this.#folders.list();
    try {
      for (const dir of plugins) this.#tryToAdd(dir);
      this.#watch(watched);
      this.#followProject();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  get plugins(): readonly WatchedPlugin[] {
    return Array.from(this.#plugins.values());
  }

  /** Whether something is being built, or is about to be. */
  get busy(): boolean {
    return (
      this.#looking ||
      this.#leaving.size > 0 ||
      this.#project.busy ||
      this.#plugins.values().some(({ builder }) => builder.busy)
    );
  }

  /** Builds again whatever failed. */
  retry(): void {
    for (const { built, builder } of this.#plugins.values()) if (built === false) builder.again();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#project[Symbol.dispose]();
    for (const { builder } of this.#plugins.values()) builder.close();
    for (const watcher of this.#watchers.values()) watcher.close();
    for (const timer of this.#leaving.values()) clearTimeout(timer);
  }

  #add(dir: string): void {
    const { build, builderOf, filesOf, persistent, onBuilt, onError } = this.#options;
    const own: BuildOptions = { ...build, pluginDir: dir };
    const { name, root, pluginDir } = fillOptions(own);
    const other = this.#plugins.values().find((plugin) => plugin.name.toLowerCase() === name.toLowerCase());
    if (other !== undefined) throw oneName(other.dir, dir);
    const plugin: Entry<Result> = {
      name,
      dir,
      realDir: pluginDir,
      root,
      built: undefined,
      builder: new PluginBuilder({
        build: own,
        builderOf,
        filesOf: (result) => {
          const files = filesOf(result, plugin);
          this.#project.use(pluginDir, outside(files, pluginDir));
          return files;
        },
        persistent,
        onBuilt: (built) => {
          // Without its folder it is no build that failed.
          if (!built.ok && !existsSync(dir)) return this.#noticed();
          const before = plugin.built;
          plugin.built = built.ok;
          onBuilt(plugin, built, before);
        },
        onIdle: () => this.#idle(),
        onError: (error) => onError(`${displayPath(dir)} cannot be watched`, error),
      }),
    };
    this.#plugins.set(dir, plugin);
  }

  #watch(folders: readonly string[]): void {
    const { persistent, onError } = this.#options;
    for (const [dir, watcher] of this.#watchers) {
      if (folders.includes(dir)) continue;
      watcher.close();
      this.#watchers.delete(dir);
    }
    for (const dir of folders) {
      if (this.#watchers.has(dir)) continue;
      const watcher = new FolderWatcher(dir, {
        recursive: false,
        persistent,
        onChange: () => this.#noticed(),
        onError: (error) => onError(`${displayPath(dir)} cannot be watched`, error),
      });
      this.#watchers.set(dir, watcher);
      // What came or went since the folder was listed, nobody tells.
      this.#noticed();
    }
  }

  /** One change causes several events, which come together. */
  #noticed(): void {
    if (this.#looking || this.#closed) return;
    this.#looking = true;
    setImmediate(() => {
      this.#looking = false;
      if (!this.#closed) this.#look();
    });
  }

  /** Compares what is there with what is built. */
  #look(): void {
    const { plugins, watched } = this.#folders.list();
    this.#watch(watched);
    for (const dir of this.#plugins.keys()) {
      // A plugin that lost its root module is one that cannot be built.
      if (existsSync(dir)) this.#stays(dir);
      else if (!this.#leaving.has(dir))
        this.#leaving.set(
          dir,
          setTimeout(() => this.#remove(dir), PATIENCE),
        );
    }
    const before = this.#plugins.size;
    for (const dir of plugins) if (!this.#plugins.has(dir)) this.#tryToAdd(dir);
    if (this.#plugins.size > before) this.#followProject();
    for (const dir of this.#refused) if (!plugins.includes(dir)) this.#refused.delete(dir);
    this.#idle();
  }

  #stays(dir: string): void {
    clearTimeout(this.#leaving.get(dir));
    this.#leaving.delete(dir);
  }

  #tryToAdd(dir: string): void {
    try {
      this.#add(dir);
      this.#refused.delete(dir);
    } catch (error) {
      // A folder that was hidden by another of its name is looked at again when the other is gone.
      if (this.#leaving.size > 0 || this.#refused.has(dir) || !existsSync(dir)) return;
      this.#refused.add(dir);
      this.#options.onError(`${basename(dir)} is left out`, error);
    }
  }

  #remove(dir: string): void {
    this.#leaving.delete(dir);
    const plugin = this.#plugins.get(dir);
    if (plugin !== undefined && !existsSync(dir)) {
      plugin.builder.close();
      this.#plugins.delete(dir);
      this.#followProject();
      this.#options.onGone(plugin);
    }
    this.#look();
  }

  #followProject(): void {
    this.#project.follow(Array.from(this.#plugins.values(), ({ realDir: dir, root }) => ({ dir, root })));
  }

  /** What imports mean is looked up anew. */
  #projectChanged(): void {
    for (const { root, builder } of this.#plugins.values()) {
      forgetResolved(root, "everything");
      builder.again();
    }
    this.#lookAtSettings();
    this.#options.onProjectChanged?.();
  }

  /** One look after the other. */
  #lookAtSettings(): void {
    const before = this.#lookedAtSettings;
    this.#lookedAtSettings = (async () => {
      await before;
      if (!this.#closed) await this.#settings.look(this.#project.settings);
    })();
  }

  #idle(): void {
    if (this.busy || this.#closed) return;
    this.#options.onIdle();
    // At first what was built is to be loaded.
    if (this.#lookedAtSettings === undefined) this.#lookAtSettings();
  }
}

/** Modules, and what they import in their plugin's folder that is no code: the bundler does not name it. */
export function withImports(modules: readonly string[], dir: string): string[] {
  return [...modules, ...modules.flatMap((module) => importsOf(module).filter((file) => isInside(file, dir)))];
}
