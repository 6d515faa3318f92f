import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { formatDiagnostic } from "../../src/build/index.ts";
import { findRootModule } from "../../src/build/read/plugin-folder.ts";
import { writeTypes } from "../../src/build/emit/types/write-types.ts";
import { defineCommand, UsageError } from "../frame/command.ts";
import { print, printError } from "../terminal/output.ts";
import { paintFor } from "../terminal/paint.ts";

/** Where plugins are looked for when none are named. */
const PLUGINS = "plugin";

export const typesCommand = defineCommand({
  name: "types",
  description:
    "Writes a declaration file with the types of plugins, live functions and live types by their names, so that\nfindPlugin, invokeFunc and the vault complete in an editor. It must be among the files of your tsconfig.json.\nWithout a folder, every plugin in plugin/ is meant.",
  usage: "[flags] [pluginDir...]",
  flags: {
    out: {
      type: "string",
      valueHint: "FILE",
      default: "hotswap.d.ts",
      description: "The declaration file (default hotswap.d.ts)",
    },
    check: { type: "boolean", description: "Write nothing; exit code 1 when the file is not up to date" },
    livePrefix: {
      type: "string",
      valueHint: "P",
      default: "live_",
      description: "How the names of live functions and types begin, in any case (default live_)",
    },
  },
  examples: [
    { purpose: "every plugin in plugin/", line: "hotswap types" },
    { purpose: "others, to another place", line: "hotswap types rooms/* --out src/hotswap.d.ts" },
    { purpose: "before a commit", line: "hotswap types --check" },
  ],
  async run({ flags, operands }) {
    const { out, livePrefix } = flags;
    const check = flags.check === true;
    const pluginDirs = operands.length > 0 ? operands : pluginsIn(PLUGINS);
    const { plugins, upToDate, warnings } = writeTypes({ pluginDirs, out, livePrefix, check });
    const paint = paintFor("stderr");
    for (const warning of warnings) await printError(`${paint.yellow("warning:")} ${formatDiagnostic(warning)}\n`);
    if (check && !upToDate) {
      await printError(`${paint.red("error:")} ${out} is not up to date: \`hotswap types\` writes it\n`);
      return 1;
    }
    await print(`${out}${upToDate ? " is up to date" : ""}: ${plugins.join(", ")}\n`);
    return 0;
  },
});

/** The folders of plugins that stand in a folder, sorted. Throws a {@link UsageError} when there are none. */
function pluginsIn(folder: string): string[] {
  let entries: Dirent[] = [];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (!(error instanceof Error && Reflect.get(error, "code") === "ENOENT")) throw error;
  }
  const dirs = entries
    .filter(({ name }) => !name.startsWith("."))
    .map(({ name }) => join(folder, name))
    .filter((dir) => findRootModule(dir) !== undefined)
    .toSorted();
  if (dirs.length === 0) throw new UsageError(`there is no plugin in ${folder}/: give the plugins' folders`);
  return dirs;
}
