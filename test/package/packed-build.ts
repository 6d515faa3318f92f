import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
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
  for (const name of ["package.json", "src", "cli"]) {
    await cp(join(checkout, name), join(installed, name), { recursive: true });
  }
  const { dependencies } = await Bun.file(join(checkout, "package.json")).json();
  for (const name of Object.keys(dependencies)) {
    await symlink(join(checkout, "node_modules", name), join(modules, name), "dir");
  }
  await bunSucceeds(installed, "run", "pack-build");
  return installed;
}

async function bunSucceeds(cwd: string, ...words: string[]): Promise<void> {
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, ...words], { cwd, stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`bun ${words.join(" ")} ended with ${exitCode}:\n${stderr.toString()}`);
}

/** Runs the command line of a package's folder in the project's root, as a process of its own. */
export async function runInstalled(
  installed: string,
  project: Project,
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  await using child = Bun.spawn([process.execPath, join(installed, "cli", "main.ts"), ...words], {
    cwd: project.root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exitCode, stdout, stderr };
}
