import { mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundle, publishedManifest } from "../../package/published.ts";
import type { Outcome } from "../cli/run-cli.ts";
import type { Project } from "../support/project.ts";
import { checkout } from "./consumer.ts";

/**
 * Puts the package into a folder of the project, with the build command as `prepack` bundles it.
 *
 * @returns the package's folder
 */
export async function installWithPackedBuild(project: Project, folder: string): Promise<string> {
  const modules = project.path(folder, "node_modules");
  const installed = join(modules, "hotswap");
  await mkdir(installed, { recursive: true });
  await Bun.write(join(installed, "package.json"), JSON.stringify(publishedManifest()));
  await bundle(join(installed, "dist"));
  const { dependencies } = await Bun.file(join(checkout, "package.json")).json();
  for (const name of Object.keys(dependencies)) {
    // A name may have a scope, which is a folder.
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(checkout, "node_modules", name), join(modules, name), "dir");
  }
  return installed;
}

/** Runs the command line of a package's folder in the project's root, as a process of its own. */
export async function runInstalled(
  installed: string,
  project: Project,
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  await using child = Bun.spawn([process.execPath, join(installed, "dist", "main.js"), ...words], {
    cwd: project.root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exitCode, stdout, stderr };
}
