import { type Bundle, bundle } from "./bundle/bundle.ts";
import { liveRegistry } from "./bundle/entry.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { FilledOptions } from "./options.ts";
import { type Inspection, inspectSource } from "./source/inspect.ts";
import type { PluginFolder } from "./source/plugin-folder.ts";
import type { SourceFiles } from "./source/source-file.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** What is known of a plugin when its bundle is made. */
export interface ReadAndBundled {
  readonly inspection: Inspection;
  /** `undefined` when there are problems. */
  readonly bundled: Bundle | undefined;
  readonly problems: readonly Diagnostic[];
}

/** Inspects and bundles a plugin: the bundler works on threads of its own, the source is inspected meanwhile. */
export async function readAndBundle(
  options: FilledOptions,
  folder: PluginFolder,
  sources: SourceFiles,
  stopwatch?: Stopwatch,
): Promise<ReadAndBundled> {
  const registry = Promise.withResolvers<string>();
  // Whoever awaits it hears of a rejection; when the bundler fails before that, nobody needs to.
  registry.promise.catch(() => {});
  const bundling = bundle(options, folder.rootModule, registry.promise, sources);
  let inspection: Inspection;
  try {
    inspection = inspectSource(options, folder, sources);
    registry.resolve(liveRegistry(inspection.live, options.pluginDir));
  } catch (error) {
    registry.reject(error);
    await bundling.catch(() => {});
    throw error;
  }
  stopwatch?.lap("inspect");
  const bundled = await bundling;
  stopwatch?.lap("bundle");
  const reported = "problems" in bundled ? bundled.problems : [];
  const syntaxErrors = inspection.syntaxErrors.filter((error) => !reported.some(({ file }) => file === error.file));
  const problems = [...inspection.problems, ...syntaxErrors, ...reported];
  return { inspection, problems, bundled: "problems" in bundled || problems.length > 0 ? undefined : bundled };
}
