import type { BuildResult } from "../../src/build/index.ts";
import { type BuildWatchOptions, watchBuilds } from "../../src/dev/build-watch.ts";
import { patternsOf } from "../../src/dev/source/plugin-folders.ts";
import { print } from "../terminal/output.ts";
import { untilAsked } from "./options.ts";

export interface WatchBuildOptions extends Pick<BuildWatchOptions, "plugins" | "build"> {
  /** Shows what was published, or was found to be up to date at the beginning. */
  readonly show: (result: BuildResult) => Promise<void>;
  readonly report: (error: unknown) => Promise<void>;
}

/** Builds plugins, and builds them again whenever their source changes. Resolves to the exit code when it is asked to end. */
export async function watchBuild({ plugins, build, show, report }: WatchBuildOptions): Promise<number> {
  const shown = new Set<string>();
  let output = Promise.resolve();
  const say = (what: () => Promise<void>): void => void (output = output.then(what));
  const { asked } = untilAsked();
  const watch = watchBuilds({
    plugins: patternsOf(plugins),
    build,
    onBuilt: ({ result, again }) => {
      if (result.unchanged && !again && shown.has(result.name)) return;
      shown.add(result.name);
      say(() => show(result));
    },
    onFailed: (error) => say(() => report(error)),
    onError: (_, error) => say(() => report(error)),
    onMended: (now) => say(() => print(`mended: ${now}\n`)),
  });
  return await asked.finally(() => watch[Symbol.dispose]());
}
