import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeTypes } from "../../src/build/emit/types/write-types.ts";
import { UsageError } from "../frame/command.ts";
import { packageFolder } from "../../src/own-package.ts";
import { readManifest } from "./origin.ts";
import gitignore from "./template/gitignore.txt" with { type: "text" };
import hello from "./template/hello.ts.txt" with { type: "text" };
import host from "./template/host.ts.txt" with { type: "text" };
import readme from "./template/README.md.txt" with { type: "text" };
import tsconfig from "./template/tsconfig.json.txt" with { type: "text" };

/** Files of a new project, each with its template. */
const templates: Readonly<Record<string, string>> = {
  "src/host.ts": host,
  "plugin/hello/index.ts": hello,
  "tsconfig.json": tsconfig,
  ".gitignore": gitignore,
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
 * Writes the files, and the types of their plugin, into a new or empty folder. Throws a {@link UsageError} when something is there already; whatever fails,
 * nothing stays.
 */
export async function writeProject(dir: string, shown: string, files: ReadonlyMap<string, string>): Promise<void> {
  const existed = await requireVacant(dir, shown);
  try {
    for (const [path, content] of files) {
      const file = join(dir, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, { flag: "wx" });
    }
    writeTypes({ pluginDirs: [join(dir, "plugin", "hello")], out: join(dir, "hotswap.d.ts") });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    if (existed) await mkdir(dir);
    throw error;
  }
}

/** Whether the folder is there; nothing may be in it. */
async function requireVacant(dir: string, shown: string): Promise<boolean> {
  let entries: readonly string[];
  try {
    entries = await readdir(dir);
  } catch (error) {
    const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
    if (code === "ENOENT") return false;
    if (code === "ENOTDIR") throw new UsageError(`${shown} is a file: choose another name`);
    throw error;
  }
  if (entries.length > 0) throw new UsageError(`the folder ${shown} is not empty: choose another name`);
  return true;
}

function manifestOf(name: string, dependency: string): string {
  const manifest = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: {
      dev: "hotswap dev plugin/* --out bin -- bun src/host.ts",
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
