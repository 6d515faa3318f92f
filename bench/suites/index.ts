import type { Suite } from "../report/section.ts";
import { build } from "./build.ts";
import { calls } from "./calls.ts";
import { codec } from "./codec.ts";
import { dev } from "./dev.ts";
import { deploy } from "./deploy.ts";
import { memory } from "./memory.ts";
import { pause } from "./pause.ts";
import { saveToLive } from "./save-to-live.ts";
import { scale } from "./scale.ts";
import { serve } from "./serve.ts";
import { vault } from "./vault.ts";

export interface SuiteEntry {
  readonly measure: Suite;
  /** `true` when the benchmark's own process is bound to the measured processor. */
  readonly pinned: boolean;
}

/** Every benchmark by its name on the command line, in the order of the report. */
export const suites: Readonly<Record<string, SuiteEntry>> = {
  "save-to-live": { measure: saveToLive, pinned: false },
  dev: { measure: dev, pinned: false },
  deploy: { measure: deploy, pinned: false },
  pause: { measure: pause, pinned: true },
  calls: { measure: calls, pinned: true },
  scale: { measure: scale, pinned: false },
  build: { measure: build, pinned: false },
  memory: { measure: memory, pinned: false },
  codec: { measure: codec, pinned: true },
  serve: { measure: serve, pinned: false },
  vault: { measure: vault, pinned: true },
};
