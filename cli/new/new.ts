import { resolve } from "node:path";
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
  usage: "[flags] <name>",
  flags: {
    link: { type: "string", valueHint: "DIR", description: "Depend on the hotswap in this folder instead" },
  },
  examples: [
    { purpose: "a server", line: "hotswap new my-server" },
    { purpose: "with a hotswap of your own", line: "hotswap new my-server --link ../hotswap" },
  ],
  async run({ flags, operands }) {
    const [name, ...others] = operands;
    if (name === undefined) throw new UsageError("give the project's name");
    if (others.length > 0) throw new UsageError(`give one name, not ${operands.length}`);
    requireName(name);
    const dependency = flags.link === undefined ? dependencyOn(packageFolder) : dependencyOnFolder(flags.link);
    await writeProject(resolve(name), name, projectFiles(name, dependency));
    await print(nextSteps(name));
    return 0;
  },
});

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

function nextSteps(name: string): string {
  const paint = paintFor("stdout");
  return [
    `${paint.green("wrote")} ${name}: a host (src/host.ts) and a plugin (plugin/hello)`,
    "",
    `  ${paint.bold(`cd ${name}`)}`,
    `  ${paint.bold("bun install")}`,
    `  ${paint.bold("bun run dev")}`,
    "",
    "Then ask for http://localhost:3000, change the greeting in plugin/hello/index.ts, save, and ask again.",
    "",
  ].join("\n");
}
