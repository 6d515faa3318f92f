import { ControlClient } from "../../src/control/client.ts";
import { UsageError } from "../frame/command.ts";
import { print } from "../terminal/output.ts";

/** Flags of every command that asks a running host. */
export const hostFlags = {
  host: {
    type: "string",
    valueHint: "SOCKET",
    description: 'The host\'s control socket: new PluginManagerSwapper(dir, { control: "SOCKET" }) opens it',
  },
  json: { type: "boolean", description: "Print what the host answers as JSON" },
} as const;

/** The host that `--host` names. Throws a {@link UsageError} when it is not given. */
export function connect({ host }: { readonly host?: string | undefined }): ControlClient {
  if (host === undefined || host === "") {
    throw new UsageError("give the host's control socket with --host; the host's option `control` says where it is");
  }
  return new ControlClient(host);
}

/** Prints what a host answered, for programs. */
export async function printJson(answer: unknown): Promise<void> {
  await print(`${JSON.stringify(answer, undefined, 2)}\n`);
}
