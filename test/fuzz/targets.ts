import { artifacts } from "./artifacts.ts";
import { commandLines } from "./command-lines.ts";
import { controlRequests } from "./control.ts";
import { names } from "./names.ts";
import { jobFiles, logFiles, vaultFiles } from "./stores.ts";
import type { Target } from "./target.ts";

/** Everything that takes input from outside. */
export const targets: Readonly<Record<string, () => Promise<Target>>> = {
  artifacts,
  "vault files": vaultFiles,
  "job files": jobFiles,
  "log files": logFiles,
  "control requests": controlRequests,
  "command lines": commandLines,
  names,
};
