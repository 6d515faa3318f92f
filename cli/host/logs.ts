import type { ControlEvent, Probation } from "../../src/control/protocol.ts";
import { askedToEnd } from "../frame/asked-to-end.ts";
import { defineCommand } from "../frame/command.ts";
import { type Paint, paintFor } from "../terminal/paint.ts";
import { print } from "../terminal/output.ts";
import { connect, hostFlags } from "./connect.ts";
import { describeError } from "./errors.ts";
import { describeReload } from "./wording.ts";

export const logsCommand = defineCommand({
  name: "logs",
  description:
    "Follows a running host: its reloads, errors of its plugins, leaked generations, probations. Ends with the host, or with Ctrl-C.",
  usage: "[--host SOCKET] [--json]",
  flags: hostFlags,
  examples: [{ purpose: "watch a release", line: "hotswap logs --host /run/app.sock" }],
  async run({ flags }) {
    const client = connect(flags);
    const paint = paintFor("stdout");
    const stop = new AbortController();
    void askedToEnd().then(() => stop.abort());
    try {
      for await (const event of client.events(stop.signal)) {
        const text = flags.json === true ? JSON.stringify(event) : describeEvent(event, client.path, paint);
        if (text !== undefined) await print(`${text}\n`);
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
    return 0;
  },
});

function describeEvent(event: ControlEvent, path: string, paint: Paint): string | undefined {
  const line = lineOf(event, path, paint);
  return line === undefined ? undefined : `${paint.dim(new Date().toISOString())} ${line}`;
}

function lineOf(event: ControlEvent, path: string, paint: Paint): string | undefined {
  switch (event.type) {
    case "hello":
      return `following process ${event.pid} at ${path}`;
    case "end":
      return describeReload(event.reload, paint);
    case "error":
      return describeError(event.error, paint)
        .map((line) => line.trim())
        .join(", ");
    case "leak":
      return paint.red(`${event.plugin}#${event.generation} was freed, and something still refers to its code`);
    case "probation":
      return describeProbation(event.probation, paint);
    case "start":
    case "progress":
    case "generations":
      return undefined;
    default:
      return event satisfies never;
  }
}

/** `probation: went back: 3 errors of the new plugins, and maxErrors is 0`. */
export function describeProbation({ state, reason, watch, errors, maxErrors }: Probation, paint: Paint): string {
  const look = state === "passed" ? paint.green : state === "went back" || state === "stuck" ? paint.red : paint.bold;
  const about = reason ?? `${errors} of at most ${maxErrors} errors, watched for ${watch} ms`;
  return `probation ${look(state)}: ${about}`;
}
