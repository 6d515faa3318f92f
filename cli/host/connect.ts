import { displayPath } from "../../src/build/diagnostic.ts";
import { ControlClient } from "../../src/control/client.ts";
import { sessionsAround } from "../../src/dev/sole-session.ts";
import { HotswapError } from "../../src/errors.ts";
import { UsageError } from "../frame/command.ts";
import { print } from "../terminal/output.ts";

/** Flags of every command that asks a running host. */
export const hostFlags = {
  host: {
    type: "string",
    valueHint: "SOCKET",
    description:
      'The host\'s control socket: new PluginManagerSwapper(dir, { control: "SOCKET" }) opens it. Under hotswap dev none is needed',
  },
  json: { type: "boolean", description: "Print what the host answers as JSON" },
} as const;

/**
 * The host that `--host` names, or else the one of the `hotswap dev` that runs here. Throws a {@link UsageError} when there is not
 * one such.
 */
export function connect({ host }: { readonly host?: string | undefined }): ControlClient {
  return new ControlClient(isDeveloped({ host }) ? developedHere() : (host ?? ""));
}

/** Whether the host is meant that `hotswap dev` runs here. */
export function isDeveloped({ host }: { readonly host?: string | undefined }): boolean {
  return host === undefined || host === "";
}

function developedHere(): string {
  const [session, ...others] = sessionsAround(process.cwd());
  if (session === undefined) {
    throw new UsageError(
      "no hotswap dev runs in this folder: give the host's control socket with --host; the host's option `control` says where it is",
    );
  }
  if (others.length > 0) {
    const all = [session, ...others].flatMap(({ outputDir, controls }) =>
      controls.map((control) => `\n  --host ${control} (${displayPath(outputDir)})`),
    );
    throw new UsageError(`more than one hotswap dev runs here: say which host is meant${all.join("")}`);
  }
  const [control] = session.controls;
  if (control !== undefined) return control;
  throw new HotswapError(
    "HOTSWAP_CONTROL_FAILED",
    `the host of hotswap dev (process ${session.pid}) does not run, or has not loaded plugins yet: see what hotswap dev says`,
  );
}

/** Prints what a host answered, for programs. */
export async function printJson(answer: unknown): Promise<void> {
  await print(`${JSON.stringify(answer, undefined, 2)}\n`);
}
