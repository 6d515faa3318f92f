import { artifactFile } from "../artifact/publish.ts";
import { builtArtifact } from "../load/built-plugin.ts";
import { build, bundleInMemory } from "./build.ts";
import { CompileCache } from "./compile/compile-cache.ts";
import { builtPlugin, type CompiledPlugin, linkedPlugin, PluginCompiler } from "./compile-plugin.ts";
import { type BuildResult, describePlugin, encodeBuild, publishBuild } from "./emit/publish-build.ts";
import type { MemoryBuild } from "./memory-build.ts";
import { NeedsBundler } from "./needs-bundler.ts";
import { type BuildOptions, type FilledOptions, fillOptions } from "./options.ts";
import { Stopwatch } from "./stopwatch.ts";
import { codingSystemErrors, codingSystemErrorsNow } from "./system-errors.ts";

/** Builds one plugin again and again; what has not changed since the last time is not compiled again. */
export interface Builder {
  /**
   * Builds the plugin as it is now. Returns and throws what {@link build} does. Builds of one builder follow each other.
   */
  build(): Promise<BuildResult>;
}

/** A builder whose plugins a host in the same process loads, without an artifact. */
export interface MemoryBuilder extends Builder {
  /**
   * Builds the plugin as it is now, and writes nothing. Throws what {@link build} throws.
   *
   * @param changed absolute paths of all that changed since the build before, for whoever watches: nothing else is looked at
   */
  buildInMemory(changed?: readonly string[]): Promise<MemoryBuild>;
}

/** Keeps what it compiles for later runs. */
export interface CachedBuilder extends MemoryBuilder {
  /** Writes what was compiled since it was written last. */
  close(): void;
}

/**
 * A builder for a plugin that is being worked on. It compiles only modules that changed, and keeps each apart in the
 * artifact, so that a host which loads the artifact compiles only those, too. The artifact does the same as the one that
 * {@link build} makes, but calls between its modules are not optimised: {@link build} what goes into production.
 *
 * What Bun's transpiler cannot do by itself (files that are not code, macros) is given to the bundler, alone; with flags that are
 * about the bundle as a whole (`--minify`, `--packages=bundle`) the plugin is bundled each time. {@link BuildResult.bundled}
 * says what, and why.
 *
 * @throws HOTSWAP_BUILD_FAILED when an option cannot be used
 */
export function createBuilder(options: BuildOptions): MemoryBuilder {
  return codingSystemErrorsNow(() => new IncrementalBuilder(options, false));
}

/** A builder that has what was compiled in earlier runs, and keeps what it compiles for later ones: see {@link CompileCache}. */
export function createCachedBuilder(options: BuildOptions): CachedBuilder {
  return codingSystemErrorsNow(() => new IncrementalBuilder(options, true));
}

class IncrementalBuilder implements MemoryBuilder {
  readonly #options: BuildOptions;
  readonly #filled: FilledOptions;
  readonly #compiler: PluginCompiler;
  #last: Promise<unknown> = Promise.resolve();

  readonly #cache: CompileCache | undefined;

  constructor(options: BuildOptions, isCached: boolean) {
    this.#options = options;
    this.#filled = fillOptions(options);
    this.#cache = isCached ? new CompileCache(this.#filled) : undefined;
    this.#compiler = new PluginCompiler(this.#filled, this.#cache);
  }

  close(): void {
    this.#cache?.[Symbol.dispose]();
  }

  build(): Promise<BuildResult> {
    return this.#next(() => this.#build());
  }

  buildInMemory(changed?: readonly string[]): Promise<MemoryBuild> {
    return this.#next(() => this.#buildInMemory(changed));
  }

  #next<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => codingSystemErrors(work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #build(): Promise<BuildResult> {
    const stopwatch = new Stopwatch();
    const compiled = await this.#compile(stopwatch);
    if (typeof compiled === "string") {
      const result = await build(this.#options);
      return { ...result, bundled: [{ module: result.name, why: compiled }] };
    }
    const filled = this.#filled;
    const { folder, live } = compiled;
    const linked = linkedPlugin(filled, compiled);
    stopwatch.lap("link");
    return publishBuild(this.#options, filled, encodeBuild({ filled, folder, live, linked, stopwatch }), stopwatch);
  }

  async #buildInMemory(changed: readonly string[] | undefined): Promise<MemoryBuild> {
    const compiled = await this.#compile(new Stopwatch(), changed);
    if (typeof compiled === "string") return bundleInMemory(this.#options, compiled);
    const filled = this.#filled;
    const { folder, live, sections, bundled, warnings } = compiled;
    const { manifest, carried } = describePlugin(filled, folder, live, compiled.hostModules);
    this.#options.beforePublish?.();
    const assets = carried.map(({ bytes }) => bytes);
    return {
      artifact: builtArtifact(
        builtPlugin(filled, compiled, manifest, assets),
        artifactFile(filled.outputDir, filled.name),
      ),
      files: [
        ...sections.map(({ file }) => file),
        ...sections.flatMap(({ module }) => module.compiled.inputs?.files ?? []),
      ],
      warnings: [...live.warnings, ...warnings],
      bundled,
    };
  }

  /** Returns why only the bundler can build it. */
  async #compile(stopwatch: Stopwatch, changed?: readonly string[]): Promise<CompiledPlugin | string> {
    const why = aboutTheBundle(this.#filled);
    if (why !== undefined) return why;
    try {
      return await this.#compiler.compile(stopwatch, changed);
    } catch (error) {
      // The build of the whole plugin says best what is wrong with the source.
      if (error instanceof NeedsBundler) return error.message;
      throw error;
    }
  }
}

/** Why the options are about a bundle as a whole. */
function aboutTheBundle({ bundle, leaveTemps, bundler: { config, packages } }: FilledOptions): string | undefined {
  const { define: _define, drop: _drop, minify, ...others } = config;
  if (!bundle || leaveTemps) return "the bundler's own files are asked for";
  if (packages === "plugin") return "packages are bundled";
  if (typeof minify === "object" && Object.values(minify).some(Boolean)) return "it is minified";
  const [flag] = Object.keys(others);
  return flag === undefined ? undefined : `of the flag ${flag}`;
}
