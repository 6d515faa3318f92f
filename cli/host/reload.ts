import type { ControlClient } from "../../src/control/client.ts";
import type { Reload, ReloadEvent } from "../../src/control/protocol.ts";
import { type AnyCommand, defineCommand } from "../frame/command.ts";
import { paintFor } from "../terminal/paint.ts";
import { connect, hostFlags, printJson } from "./connect.ts";
import { ProgressLine } from "./progress.ts";
import { describeFailure, describeReload } from "./wording.ts";
import { print, printError } from "../terminal/output.ts";

export const reloadCommand = reloading({
  name: "reload",
  description:
    "Has a running host reload what changed in its plugin folder. When that fails, what was live stays live, and the exit code is 1.",
  purpose: "after a build",
  act: (client, onEvent) => client.reload(onEvent),
});

export const rollbackCommand = reloading({
  name: "rollback",
  description:
    "Has a running host go back to the set before the last successful reload, without a build. When that fails, what was live stays live, and the exit code is 1.",
  purpose: "the new version misbehaves",
  act: (client, onEvent) => client.rollback(onEvent),
});

interface Reloading {
  readonly name: string;
  readonly description: string;
  readonly purpose: string;
  readonly act: (client: ControlClient, onEvent: (event: ReloadEvent) => void) => Promise<Reload>;
}

function reloading({ name, description, purpose, act }: Reloading): AnyCommand {
  return defineCommand({
    name,
    description,
    usage: "--host SOCKET [--json]",
    flags: hostFlags,
    examples: [{ purpose, line: `hotswap ${name} --host /run/app.sock` }],
    async run({ flags }) {
      const reload = await showing((onEvent) => act(connect(flags), onEvent));
      if (flags.json === true) await printJson(reload);
      else if (reload.ok) await print(`${describeReload(reload, paintFor("stdout"))}\n`);
      else {
        const paint = paintFor("stderr");
        await printError(
          `${paint.red("error:")} the ${name} failed, and what was live stays live: ${describeFailure(reload.error)}\n`,
        );
      }
      return reload.ok ? 0 : 1;
    },
  });
}

async function showing(act: (onEvent: (event: ReloadEvent) => void) => Promise<Reload>): Promise<Reload> {
  using line = new ProgressLine();
  return await act(line.show);
}
