import { type Bundle, bundle } from "./emit/bundle/bundle.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { FilledOptions } from "./options.ts";
import type { LiveNames } from "./read/live-names.ts";
import type { PluginFolder } from "./read/plugin-folder.ts";
import { readLiveNames } from "./read/read-live-names.ts";
import { checkRootModule } from "./read/root-module.ts";
import type { SourceFiles } from "./read/syntax/source-file.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** What is known of a plugin when its bundle is made. */
export interface ReadAndBundled {
  readonly live: LiveNames;
  /** `undefined` when there are problems. */
  readonly bundled: Bundle | undefined;
  readonly problems: readonly Diagnostic[];
}

/** Reads and bundles a plugin, and finds everything that is wrong with its source. */
export async function readAndBundle(
  options: FilledOptions,
  folder: PluginFolder,
  sources: SourceFiles,
  stopwatch?: Stopwatch,
): Promise<ReadAndBundled> {
  const live = readLiveNames(options, folder, sources);
  stopwatch?.lap("inspect");
  // The bundler works on threads of its own; the definition is checked meanwhile.
  const [bundled, wrong] = await Promise.all([
    bundle(options, folder, live.things, sources),
    Promise.try(() => checkRootModule(sources.read(folder.rootModule))),
  ]);
  stopwatch?.lap("bundle");
  const reported = "problems" in bundled ? bundled.problems : [];
  const syntaxErrors = live.syntaxErrors.filter((error) => !reported.some(({ file }) => file === error.file));
  const problems = [...wrong, ...live.problems, ...syntaxErrors, ...reported];
  return { live, problems, bundled: "problems" in bundled || problems.length > 0 ? undefined : bundled };
}
