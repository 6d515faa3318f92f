import { dirname } from "node:path";
import { isInside } from "../../load/resolve.ts";
import { resolveFile } from "./resolve.ts";
import type { FilledOptions } from "../options.ts";
import type { ResolveFile } from "./evidence.ts";
import { collectLiveNames, type LiveNames } from "./live-names.ts";
import { isCode, type PluginFolder } from "./plugin-folder.ts";
import type { SourceFiles } from "./syntax/source-file.ts";

/** Collects the live things of a plugin from all of its files (SPEC 8.1). Only those that mention the prefix are parsed. */
export function readLiveNames(options: FilledOptions, folder: PluginFolder, sources: SourceFiles): LiveNames {
  const { pluginDir, livePrefix, isLive } = options;
  const files = folder.modules.map((path) => sources.read(path)).filter((file) => file.mentions(livePrefix));
  const resolveAny: ResolveFile = (specifier, importer) => {
    const path = resolveFile(specifier, dirname(importer));
    return path !== undefined && isCode(path) ? sources.read(path) : undefined;
  };
  const resolveOwn: ResolveFile = (specifier, importer) => {
    const path = resolveFile(specifier, dirname(importer));
    return path !== undefined && isInside(path, pluginDir) && isCode(path) ? sources.read(path) : undefined;
  };
  return collectLiveNames(files, isLive, resolveOwn, resolveAny);
}
