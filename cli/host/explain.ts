import { defineCommand, UsageError } from "../frame/command.ts";
import { connect, hostFlags, printJson } from "./connect.ts";
import { print } from "../terminal/output.ts";

export const explainCommand = defineCommand({
  name: "explain",
  description:
    "Names what keeps a generation of a running host in memory: for one that was freed, the shortest path of references to its code. Takes a snapshot of the host's heap, which stops the host for a moment.",
  usage: "[--host SOCKET] [--json] <plugin> <number>",
  flags: hostFlags,
  examples: [
    { purpose: "which generations are there?", line: "hotswap generations --host /run/app.sock" },
    { purpose: "why is this one still there?", line: "hotswap explain world 3 --host /run/app.sock" },
  ],
  async run({ flags, operands }) {
    const [plugin, number, ...more] = operands;
    // As it stands in lists: 3, or #3.
    const generation = Number(number?.replace(/^#/, ""));
    if (plugin === undefined || more.length > 0 || !Number.isInteger(generation)) {
      throw new UsageError(
        "explain takes the name of a plugin and the number of a generation: hotswap explain world 3",
      );
    }
    const explained = await connect(flags).explain(plugin, generation);
    if (flags.json === true) await printJson(explained);
    else await print(`${explained.text}\n`);
    return 0;
  },
});
