import { dirname } from "node:path";
import { isInside, resolveFile } from "../bundle/resolve.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { FilledOptions } from "../options.ts";
import { collectLiveNames, type LiveThing } from "./live-names.ts";
import { isCode, type PluginFolder } from "./plugin-folder.ts";
import { checkRootModule } from "./root-module.ts";
import type { SourceFiles } from "./source-file.ts";

/** What a plugin's source says without being run. */
export interface Inspection {
  /** Sorted by name. */
  readonly live: readonly LiveThing[];
  readonly problems: readonly Diagnostic[];
  /** Of files that could not be read for that reason; the bundler reports those that it reads, too. */
  readonly syntaxErrors: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

/** Checks the plugin's definition and collects its live things. */
export function inspectSource(options: FilledOptions, folder: PluginFolder, sources: SourceFiles): Inspection {
  const { pluginDir, livePrefix, isLive } = options;
  const prefix = new RegExp(RegExp.escape(livePrefix), "i");
  const files = folder.modules.map((path) => sources.read(path)).filter(({ text }) => prefix.test(text));
  const live = collectLiveNames(files, isLive, (specifier, importer) => {
    const path = resolveFile(specifier, dirname(importer));
    return path !== undefined && isInside(path, pluginDir) && isCode(path) ? sources.read(path) : undefined;
  });
  const { things, problems, syntaxErrors, warnings } = live;
  return {
    live: things,
    problems: [...checkRootModule(sources.read(folder.rootModule)), ...problems],
    syntaxErrors,
    warnings,
  };
}
