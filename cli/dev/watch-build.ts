import type { BuildOptions, BuildResult } from "../../src/build/index.ts";
import { type DevEvent, DevSession } from "../../src/dev/session.ts";
import { untilAsked } from "./options.ts";

export interface WatchBuildOptions {
  /** One for each plugin. */
  readonly builds: readonly BuildOptions[];
  /** Shows what was published, or was found to be up to date at the beginning. */
  readonly show: (result: BuildResult) => Promise<void>;
  readonly report: (error: unknown) => Promise<void>;
}

/** Builds plugins, and builds them again whenever their source changes. Resolves to the exit code when it is asked to end. */
export async function watchBuild({ builds, show, report }: WatchBuildOptions): Promise<number> {
  const shown = new Set<string>();
  let output = Promise.resolve();
  const tell = async (event: DevEvent): Promise<void> => {
    if (event.type === "built") {
      const { result, again } = event;
      if (result.unchanged && !again && shown.has(result.name)) return;
      shown.add(result.name);
      await show(result);
    } else if (event.type === "build failed" || event.type === "failed") {
      await report(event.error);
    }
  };
  const { asked } = untilAsked();
  await using session = new DevSession({
    plugins: builds,
    command: [],
    cwd: process.cwd(),
    onEvent: (event) => {
      output = output.then(() => tell(event));
    },
  });
  session.start();
  return await asked;
}
