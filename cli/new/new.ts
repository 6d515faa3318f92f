import { basename, resolve } from "node:path";
import { defineCommand, UsageError } from "../frame/command.ts";
import { print } from "../terminal/output.ts";
import { paintFor } from "../terminal/paint.ts";
import { packageFolder } from "../../src/own-package.ts";
import { dependencyOn, dependencyOnFolder } from "./origin.ts";
import { projectFiles, writeProject } from "./scaffold.ts";

export const newCommand = defineCommand({
  name: "new",
  description:
    "Writes a project to begin with: a host and a plugin that run.\nIt depends on this hotswap, wherever it was installed from.",
  usage: "[flags] (<name> | .)",
  flags: {
    link: { type: "string", valueHint: "DIR", description: "Depend on the hotswap in this folder instead" },
  },
  examples: [
    { purpose: "a server", line: "hotswap new my-server" },
    { purpose: "in the folder where you are", line: "hotswap new ." },
    { purpose: "with a hotswap of your own", line: "hotswap new my-server --link ../hotswap" },
  ],
  async run({ flags, operands }) {
    const [given, ...others] = operands;
    if (given === undefined) throw new UsageError("give the project's name, or . for the folder where you are");
    if (others.length > 0) throw new UsageError(`give one name, not ${operands.length}`);
    const isHere = given === ".";
    const name = isHere ? nameOfFolder(process.cwd()) : given;
    requireName(name);
    const dependency = flags.link === undefined ? dependencyOn(packageFolder) : dependencyOnFolder(flags.link);
    await writeProject(resolve(given), isHere ? "this folder" : name, projectFiles(name, dependency));
    await print(nextSteps(name, isHere));
    return 0;
  },
});

/** A name of a package that is like the folder's. */
function nameOfFolder(folder: string): string {
  return basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z\d._-]+/g, "-")
    .replace(/^[._-]+/, "");
}

/** The name becomes that of a folder and of a package. */
function requireName(name: string): void {
  if (!/^[a-z\d][a-z\d._-]*$/.test(name) || name.length > 214) {
    throw new UsageError(
      `"${name}" cannot be a project's name: it must be of small letters, digits, -, _ and ., and begin with a letter or digit`,
    );
  }
  if (name === "hotswap" || name === "node_modules") {
    throw new UsageError(
      `"${name}" cannot be a project's name: it would be taken for something else when it is imported`,
    );
  }
}

function nextSteps(name: string, isHere: boolean): string {
  const paint = paintFor("stdout");
  return [
    `${paint.green("wrote")} ${name}: a host (src/host.ts) and a plugin (plugin/hello)`,
    "",
    ...(isHere ? [] : [`  ${paint.bold(`cd ${name}`)}`]),
    `  ${paint.bold("bun install")}`,
    `  ${paint.bold("bun run dev")}`,
    "",
    "Then ask for http://localhost:3000, change the greeting in plugin/hello/index.ts, save, and ask again.",
    "",
  ].join("\n");
}
