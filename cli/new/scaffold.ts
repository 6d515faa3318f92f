import { existsSync, statSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeTypes } from "../../src/build/emit/types/write-types.ts";
import { UsageError } from "../frame/command.ts";
import { packageFolder } from "../../src/own-package.ts";
import { readManifest } from "./origin.ts";
import gitignore from "./template/gitignore.txt" with { type: "text" };
import hello from "./template/hello.ts.txt" with { type: "text" };
import host from "./template/host.ts.txt" with { type: "text" };
import readme from "./template/README.md.txt" with { type: "text" };
import launch from "./template/launch.json.txt" with { type: "text" };
import tsconfig from "./template/tsconfig.json.txt" with { type: "text" };

/** Files of a new project, each with its template. */
const templates: Readonly<Record<string, string>> = {
  "src/host.ts": host,
  "plugin/hello/index.ts": hello,
  "tsconfig.json": tsconfig,
  ".gitignore": gitignore,
  ".vscode/launch.json": launch,
  "README.md": readme,
};

/** The content of every file of a new project, by path. `dependency` is what its manifest says of hotswap. */
export function projectFiles(name: string, dependency: string): Map<string, string> {
  const files = new Map([["package.json", manifestOf(name, dependency)]]);
  for (const [path, template] of Object.entries(templates)) {
    files.set(path, template.replaceAll("{{name}}", name));
  }
  return files;
}

/**
 * Writes the files, and the types of their plugin, into a folder, which is made when there is none. Throws a
 * {@link UsageError} when one of them is there already; whatever fails, nothing of it stays.
 *
 * @param shown what messages call the folder
 */
export async function writeProject(dir: string, shown: string, files: ReadonlyMap<string, string>): Promise<void> {
  requireVacant(dir, shown, [...files.keys(), TYPES]);
  const made: string[] = [];
  try {
    for (const [path, content] of files) {
      const file = join(dir, path);
      const folder = await mkdir(dirname(file), { recursive: true });
      if (folder !== undefined) made.push(folder);
      await writeFile(file, content, { flag: "wx" });
      made.push(file);
    }
    made.push(join(dir, TYPES));
    writeTypes({ pluginDirs: [join(dir, "plugin", "hello")], out: join(dir, TYPES) });
  } catch (error) {
    for (const path of made.toReversed()) await rm(path, { recursive: true, force: true });
    throw error;
  }
}

const TYPES = "hotswap.d.ts";

function requireVacant(dir: string, shown: string, paths: readonly string[]): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new UsageError(`${shown} is a file: choose another name`);
  }
  const there = paths.filter((path) => existsSync(join(dir, path)));
  if (there.length === 0) return;
  const them = there.length === 1 ? "it" : "them";
  throw new UsageError(
    `${shown} has ${there.join(", ")}, and nothing of yours is overwritten: move ${them} away, or choose another name`,
  );
}

function manifestOf(name: string, dependency: string): string {
  const manifest = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: {
      dev: "hotswap dev 'plugin/*' --out bin -- bun src/host.ts",
      debug: "hotswap dev 'plugin/*' --out bin -- bun --inspect=127.0.0.1:6499/hotswap src/host.ts",
      build: "hotswap build plugin/* bin",
      start: "bun src/host.ts",
      types: "hotswap types",
      check: "tsc --noEmit",
    },
    dependencies: { hotswap: dependency },
    devDependencies: { "bun-types": versionOf("bun-types"), typescript: versionOf("typescript") },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** The version that hotswap itself is made with. */
function versionOf(name: string): string {
  const version = readManifest(packageFolder)?.devDependencies?.[name];
  if (version === undefined) throw new Error(`the package.json of hotswap does not say which ${name} it is made with`);
  return version;
}
