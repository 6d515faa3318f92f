import { describeError, isHotswapError } from "../../errors.ts";
import { BuildError } from "../diagnostic.ts";
import type { Task, TaskAnswer, TaskResults } from "./tasks.ts";

/** The whole of a process that does one task and ends. */
process.once("message", (task: Task) => {
  void answer(task).then((answered) => process.send?.(answered, () => process.exit()));
});

async function answer(task: Task): Promise<TaskAnswer> {
  try {
    return { ok: true, result: await run(task) };
  } catch (error) {
    return {
      ok: false,
      code: isHotswapError(error) ? error.code : undefined,
      message: describeError(error),
      options: { plugin: isHotswapError(error) ? error.plugin : undefined },
      diagnostics: error instanceof BuildError ? error.diagnostics : undefined,
    };
  }
}

/** Load only what the task needs: somebody waits for this process to start. */
async function run(task: Task): Promise<TaskResults[Task["kind"]]> {
  if (task.kind === "whole") return (await import("../build.ts")).encodeWhole(task.options);
  return (await import("../compile/bundle-alone.ts")).bundleAloneHere(task, task.path, task.type);
}
