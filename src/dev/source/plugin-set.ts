import { basename, resolve } from "node:path";
import type { BuildOptions } from "../../build/index.ts";
import { type Built, PluginBuilder } from "./plugin-builder.ts";

/** What every build takes. */
export type CommonBuildOptions = Omit<BuildOptions, "pluginDir">;

/** A plugin whose source is watched. */
export interface WatchedPlugin {
  readonly name: string;
  /** As it was given. */
  readonly dir: string;
  /** Whether the newest build succeeded; `undefined` before the first. */
  readonly built: boolean | undefined;
}

export interface PluginSetOptions<Result> {
  /** The plugins' folders. */
  readonly plugins: readonly string[];
  readonly build: CommonBuildOptions;
  /** Makes what builds one plugin. */
  readonly builderOf: (build: BuildOptions) => () => Promise<Result>;
  /** Keep the process running. */
  readonly persistent: boolean;
  /** Called after each build. `before` is whether the one before it succeeded. */
  readonly onBuilt: (plugin: WatchedPlugin, built: Built<Result>, before: boolean | undefined) => void;
  /** Called when nothing is left to be built: what happened together was built together. */
  readonly onIdle: () => void;
  /** Called when the operating system refuses to watch. */
  readonly onError: (what: string, error: unknown) => void;
}

interface Entry<Result> extends WatchedPlugin {
  readonly builder: PluginBuilder<Result>;
  built: boolean | undefined;
}

/** The plugins that are developed, each built whenever its source changes. */
export class PluginSet<Result> implements Disposable {
  readonly #options: PluginSetOptions<Result>;
  readonly #plugins: Entry<Result>[] = [];

  /** Begins to watch, and to build. Throws HOTSWAP_BUILD_FAILED when options cannot be used. */
  constructor(options: PluginSetOptions<Result>) {
    this.#options = options;
    for (const dir of options.plugins) this.#add(dir);
  }

  get plugins(): readonly WatchedPlugin[] {
    return this.#plugins;
  }

  /** Whether something is being built, or is about to be. */
  get busy(): boolean {
    return this.#plugins.some(({ builder }) => builder.busy);
  }

  /** Builds again whatever failed. */
  retry(): void {
    for (const { built, builder } of this.#plugins) if (built === false) builder.again();
  }

  [Symbol.dispose](): void {
    for (const { builder } of this.#plugins) builder.close();
  }

  #add(dir: string): void {
    const { build, builderOf, persistent, onBuilt, onError } = this.#options;
    const plugin: Entry<Result> = {
      name: basename(resolve(dir)),
      dir,
      built: undefined,
      builder: new PluginBuilder({
        build: { ...build, pluginDir: dir },
        builderOf,
        persistent,
        onBuilt: (built) => {
          const before = plugin.built;
          plugin.built = built.ok;
          onBuilt(plugin, built, before);
        },
        onIdle: () => this.#idle(),
        onError: (error) => onError(`${dir} cannot be watched`, error),
      }),
    };
    this.#plugins.push(plugin);
  }

  #idle(): void {
    if (!this.busy) this.#options.onIdle();
  }
}
