import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createProject, type Project } from "../support/project.ts";
import { OnTerminal } from "./terminal.ts";

/** The command line. */
export const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

/** A host that says what its plugins say, whenever that may have changed. */
export const host = `
import { PluginManagerSwapper } from "hotswap";
import { word } from "./config";
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const swapper = new PluginManagerSwapper("bin", { freeDelay: 0, logger: quiet });
const tell = () => console.log("host:", word, process.pid, swapper.current?.plugins.map((plugin) => plugin.invokeFunc("say")).join(" "));
swapper.subscribe((news) => { if (news.type === "end") tell(); });
process.on("SIGTERM", () => process.exit());
await swapper.loadPlugins();
setInterval(() => {}, 60_000);
`;

/** A plugin that says a word. */
export const says = (word: string): string =>
  `import { definePlugin } from "hotswap";\n\nexport default definePlugin({\n  functions: { say: () => "${word}" },\n});\n`;

export function createDemo(files: Record<string, string> = {}): Promise<Project> {
  return createProject({
    "src/host.ts": host,
    "src/config.ts": 'export const word = "hello";\n',
    "plugin/alpha/index.ts": says("alpha.1"),
    "plugin/beta/index.ts": says("beta.1"),
    ...files,
  });
}

export interface DevOptions {
  readonly plugins?: readonly string[];
  readonly flags?: readonly string[];
  readonly command?: readonly string[];
}

/** `hotswap dev` on a terminal, with the project's host. */
export function dev(
  project: Project,
  { plugins = ["plugin/alpha", "plugin/beta"], flags = [], command = ["bun", "src/host.ts"] }: DevOptions = {},
): OnTerminal {
  const words = ["dev", ...plugins, "--out", "bin", ...flags, "--", ...command];
  const path = `${join(process.execPath, "..")}:${process.env["PATH"]}`;
  return new OnTerminal([process.execPath, main, ...words], project.root, { PATH: path });
}

/** Saves a file of the project as an editor does. */
export function save(project: Project, file: string, text: string): void {
  mkdirSync(dirname(project.path(file)), { recursive: true });
  writeFileSync(project.path(file), text);
}
