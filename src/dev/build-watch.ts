import { join } from "node:path";
import { build, type BuildResult } from "../build/index.ts";
import { removeStaleArtifact } from "./stale-artifacts.ts";
import { PluginFolders } from "./source/plugin-folders.ts";
import { PluginSet, type PluginSetOptions, withImports } from "./source/plugin-set.ts";

export interface BuildWatchOptions extends Pick<PluginSetOptions<BuildResult>, "plugins" | "build" | "onError"> {
  /** Called after each build. `again` is whether the one before it failed. */
  readonly onBuilt: (built: { readonly result: BuildResult; readonly again: boolean }) => void;
  readonly onFailed: (error: unknown) => void;
  /** Called when a file of settings, of which an error was told, is right again. */
  readonly onMended: (now: string) => void;
}

/** Keeps artifacts up to date with their source, until it is disposed of. Throws HOTSWAP_BUILD_FAILED for options that cannot be used. */
export function watchBuilds(options: BuildWatchOptions): Disposable {
  const { plugins, build: common, onBuilt, onFailed, onError, onMended } = options;
  new PluginFolders(plugins).check(common);
  return new PluginSet<BuildResult>({
    plugins,
    build: common,
    persistent: true,
    // They are those that a build makes.
    builderOf: (each) => ({ build: () => build(each) }),
    filesOf: ({ modules }, { dir, root }) =>
      withImports(
        modules.map((module) => join(root, module)),
        dir,
      ),
    onBuilt: (_, built, before) => {
      if (built.ok) onBuilt({ result: built.result, again: before === false });
      else onFailed(built.error);
    },
    onGone: ({ name, root }) => void removeStaleArtifact(common.outputDir, name, root),
    onIdle: () => undefined,
    onMended: (_, now) => onMended(now),
    onError,
  });
}
