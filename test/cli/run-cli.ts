import { join } from "node:path";
import type { Project } from "../support/project.ts";

const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

/** What a command line left behind. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `hotswap` in the project's root, as a process of its own. */
export async function hotswap(project: Project, ...words: string[]): Promise<Outcome> {
  return hotswapWith({}, project, ...words);
}

/** The same with more environment. */
export async function hotswapWith(env: Record<string, string>, project: Project, ...words: string[]): Promise<Outcome> {
  await using child = Bun.spawn([process.execPath, main, ...words], {
    cwd: project.root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exitCode, stdout, stderr };
}
