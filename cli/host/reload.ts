import type { ControlClient } from "../../src/control/client.ts";
import type { Probation, Reload, ReloadEvent } from "../../src/control/protocol.ts";
import { defineCommand } from "../frame/command.ts";
import { timeOf, wholeOf } from "../frame/flag-values.ts";
import { paintFor } from "../terminal/paint.ts";
import { connect, hostFlags, printJson } from "./connect.ts";
import { describeProbation } from "./logs.ts";
import { ProgressLine } from "./progress.ts";
import { sourceFrame } from "./source-frame.ts";
import { describeFailure, describeReload } from "./wording.ts";
import { print, printError } from "../terminal/output.ts";
import { paintFrames } from "../terminal/paint-frames.ts";

export const reloadCommand = defineCommand({
  name: "reload",
  description:
    "Has a running host reload what changed in its plugin folder. When that fails, what was live stays live, and the exit code is 1.\nWith --probation the new set is watched for that time; when it misbehaves, the set before is made live again, and the exit code is 1.",
  usage: "[--host SOCKET] [--probation TIME [--max-errors N]] [--json]",
  flags: {
    ...hostFlags,
    probation: { type: "string", valueHint: "TIME", description: "Watch the new set for this time: 500ms, 30s, 5m" },
    maxErrors: {
      type: "string",
      valueHint: "N",
      description: "With --probation: errors and failed calls of the new plugins that are tolerated (default 0)",
    },
  },
  examples: [
    { purpose: "after a build", line: "hotswap reload --host /run/app.sock" },
    {
      purpose: "go back by itself when it misbehaves",
      line: "hotswap reload --host /run/app.sock --probation 30s --max-errors 0",
    },
  ],
  async run({ flags }) {
    const client = connect(flags);
    const probation = probationOf(flags);
    const reload = await showing((onEvent) => client.reload(onEvent, probation));
    if (flags.json !== true) await show("reload", reload);
    const outcome = reload.ok && probation !== undefined ? await endOfProbation(client) : undefined;
    if (flags.json === true)
      await printJson(probation === undefined ? reload : { ...reload, probation: outcome ?? null });
    else if (outcome !== undefined) await print(`${describeProbation(outcome, paintFor("stdout"))}\n`);
    return reload.ok && (outcome === undefined || outcome.state === "passed" || outcome.state === "ended") ? 0 : 1;
  },
});

/** In ms: how often a host is asked how a probation stands. */
const ASK_EVERY = 200;

async function endOfProbation(client: ControlClient): Promise<Probation | undefined> {
  for (;;) {
    const { probation } = await client.status();
    if (probation === null) return undefined;
    if (probation.state !== "running") return probation;
    await Bun.sleep(Math.min(ASK_EVERY, probation.watch));
  }
}

interface ProbationFlags {
  readonly probation?: string | undefined;
  readonly maxErrors?: string | undefined;
}

function probationOf({ probation, maxErrors = "0" }: ProbationFlags): { watch: number; maxErrors: number } | undefined {
  if (probation === undefined) return undefined;
  return { watch: timeOf("probation", probation), maxErrors: wholeOf("max-errors", maxErrors) };
}

export const rollbackCommand = defineCommand({
  name: "rollback",
  description:
    "Has a running host go back to the set before the last successful reload, without a build. When that fails, what was live stays live, and the exit code is 1.",
  usage: "[--host SOCKET] [--json]",
  flags: hostFlags,
  examples: [{ purpose: "the new version misbehaves", line: "hotswap rollback --host /run/app.sock" }],
  async run({ flags }) {
    const client = connect(flags);
    const reload = await showing((onEvent) => client.rollback(onEvent));
    if (flags.json === true) await printJson(reload);
    else await show("rollback", reload);
    return reload.ok ? 0 : 1;
  },
});

async function show(name: string, reload: Reload): Promise<void> {
  if (reload.ok) return print(`${describeReload(reload, paintFor("stdout"))}\n`);
  const paint = paintFor("stderr");
  const frame = sourceFrame(reload.error.place);
  const where = frame === undefined ? "" : `\n${paintFrames(frame, paint)}`;
  await printError(
    `${paint.red("error:")} the ${name} failed, and what was live stays live: ${describeFailure(reload.error)}${where}\n`,
  );
}

async function showing(act: (onEvent: (event: ReloadEvent) => void) => Promise<Reload>): Promise<Reload> {
  using line = new ProgressLine();
  return await act(line.show);
}
