import { HotswapError } from "../../errors.ts";
import { buildEntrance } from "../../own-package.ts";
import { runInHost } from "../../run-in-host.ts";
import { BuildError } from "../diagnostic.ts";
import { NeedsBundler } from "../needs-bundler.ts";
import type { Task, TaskAnswer, TaskResults } from "./tasks.ts";

/**
 * Runs a task in a short-lived process. In this one, Bun's bundler would remember for good which packages there are,
 * what `tsconfig.json` says, and what macros are. Throws what the task throws.
 */
export async function inChild<Kind extends Task["kind"]>(task: Task & { kind: Kind }): Promise<TaskResults[Kind]> {
  const { promise, resolve, reject } = Promise.withResolvers<TaskAnswer>();
  const child = runInHost(() =>
    Bun.spawn([process.execPath, buildEntrance], {
      stdio: ["ignore", "inherit", "inherit"],
      serialization: "advanced",
      ipc: (answer: TaskAnswer) => resolve(answer),
      onExit: (_, code, signal) => reject(new Error(`the process that builds ended early (${signal ?? code})`)),
    }),
  );
  child.send(task);
  const answer = await promise;
  if (answer.ok) return answer.result as TaskResults[Kind];
  const { code, message, options, diagnostics } = answer;
  if (diagnostics !== undefined) throw new BuildError(options.plugin ?? "", diagnostics);
  if (code !== undefined) throw new HotswapError(code, message, options);
  throw new NeedsBundler(message);
}
