import { existsSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { displayPath } from "../../src/build/diagnostic.ts";
import { nearest } from "../../src/load/resolve.ts";
import { staleArtifacts } from "../../src/dev/stale-artifacts.ts";
import { defineCommand, UsageError } from "../frame/command.ts";
import { count } from "../host/wording.ts";
import { print } from "../terminal/output.ts";

export const cleanCommand = defineCommand({
  name: "clean",
  description:
    "Removes artifacts whose plugins' folders are gone, so that no host loads them any more.\nWhat hotswap did not make is left alone.",
  usage: "[flags] <outputDir>",
  flags: {
    dryRun: { type: "boolean", description: "Say what would be removed, and remove nothing" },
  },
  examples: [{ purpose: "see first what it would do", line: "hotswap clean --dry-run bin" }],
  async run({ flags, operands }) {
    const [outputDir, ...others] = operands;
    if (outputDir === undefined || others.length > 0) throw new UsageError("give one folder of artifacts");
    if (!existsSync(outputDir)) throw new UsageError(`there is no folder ${outputDir}`);
    const stale = staleArtifacts(resolve(outputDir), projectRoot(outputDir));
    for (const { file, dir } of stale) {
      if (flags.dryRun !== true) rmSync(file);
      const what = flags.dryRun === true ? "would remove" : "removed";
      await print(`${what} ${displayPath(file)}: ${displayPath(dir)} is gone\n`);
    }
    if (stale.length === 0) await print("every artifact has its plugin's folder\n");
    else await print(`${count(stale.length, "artifact")}\n`);
    return 0;
  },
});

/** Artifacts name their plugins' folders from the nearest folder with a `package.json`. */
function projectRoot(dir: string): string {
  const root = nearest(resolve(dir), "package.json");
  if (root !== undefined) return root;
  throw new UsageError(`there is no package.json in ${dir} or above it: nothing says whose artifacts these are`);
}
