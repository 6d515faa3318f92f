import type { GenerationStatus } from "../../src/control/protocol.ts";
import { defineCommand } from "../frame/command.ts";
import { type Paint, paintFor } from "../terminal/paint.ts";
import { connect, hostFlags, printJson } from "./connect.ts";
import { table } from "./table.ts";
import { duration, shortHash } from "./wording.ts";
import { print } from "../terminal/output.ts";

export const generationsCommand = defineCommand({
  name: "generations",
  description:
    "Lists every generation of a running host that is still in memory: live, draining (calls or leases use it), freed, or leaked.",
  usage: "[--host SOCKET] [--json]",
  flags: hostFlags,
  examples: [{ purpose: "is the old code gone?", line: "hotswap generations --host /run/app.sock" }],
  async run({ flags }) {
    const answer = await connect(flags).generations();
    const paint = paintFor("stdout");
    if (flags.json === true) await printJson(answer);
    else if (answer.generations.length === 0) await print("there are no generations\n");
    else await print(generationTable(answer.generations, paint));
    return 0;
  },
});

function generationTable(generations: readonly GenerationStatus[], paint: Paint): string {
  return table(
    generations,
    [
      { title: "plugin", value: ({ plugin }) => plugin, paint: paint.bold },
      { title: "gen", value: ({ number }) => `#${number}`, right: true },
      {
        title: "state",
        value: ({ state, leaked }) => (leaked ? "leaked" : state),
        paint: (text, { state, leaked }) => (leaked ? paint.red(text) : state === "live" ? paint.green(text) : text),
      },
      { title: "calls", value: ({ calls }) => String(calls), right: true },
      { title: "sockets", value: ({ sockets }) => (sockets > 0 ? String(sockets) : ""), right: true },
      { title: "age", value: ({ age }) => duration(age), right: true },
      { title: "hash", value: ({ hash }) => shortHash(hash), paint: paint.dim },
    ],
    paint,
  );
}
