import { defineCommand } from "../frame/command.ts";
import { paintFor } from "../terminal/paint.ts";
import { connect, hostFlags, printJson } from "./connect.ts";
import { table } from "./table.ts";
import { describeFailure } from "./wording.ts";
import { print } from "../terminal/output.ts";

export const planCommand = defineCommand({
  name: "plan",
  description: "Shows what a reload of a running host would do now, and why. Changes nothing.",
  usage: "[--host SOCKET] [--rehearse] [--json]",
  flags: {
    ...hostFlags,
    rehearse: {
      type: "boolean",
      description: "Evaluate new artifacts as well, and migrate the vault's data on copies",
    },
  },
  examples: [
    { purpose: "before a reload", line: "hotswap plan --host /run/app.sock" },
    { purpose: "will the data fit?", line: "hotswap plan --host /run/app.sock --rehearse" },
  ],
  async run({ flags }) {
    const plan = await connect(flags).plan({ rehearse: flags.rehearse === true });
    const failed = plan.migrations?.filter(({ error }) => error !== null) ?? [];
    if (flags.json === true) {
      await printJson(plan);
      return failed.length === 0 ? 0 : 1;
    }
    const paint = paintFor("stdout");
    if (plan.plugins.length === 0) await print("there are no plugins\n");
    else {
      const rows = table(
        plan.plugins,
        [
          { title: "plugin", value: ({ name }) => name, paint: paint.bold },
          { title: "note", value: ({ note }) => note },
          { title: "because", value: ({ reason }) => reason },
        ],
        paint,
      );
      await print(rows);
    }
    for (const { key, error } of plan.migrations ?? []) {
      const outcome =
        error === null ? "can be migrated" : `${paint.red("cannot be migrated")}: ${describeFailure(error)}`;
      await print(`${key} ${outcome}\n`);
    }
    return failed.length === 0 ? 0 : 1;
  },
});
