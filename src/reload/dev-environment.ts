import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";

/** The variable by which `hotswap dev` tells the host that it starts what it is there for: JSON of a {@link DevEnvironment}. */
export const DEV_VARIABLE = "HOTSWAP_DEV";

/** What a host needs to know that `hotswap dev` started. */
export interface DevEnvironment {
  /** Process id of `hotswap dev`. */
  readonly pid: number;
  /** Where the host opens a control socket. */
  readonly control: string;
  /** The socket on which `hotswap dev` takes reports. */
  readonly reports: string;
  /** Absolute path of the folder whose artifacts the host builds itself. */
  readonly outputDir: string;
  /** What is built, and how; the dev ring knows. */
  readonly builds: unknown;
}

/**
 * What `hotswap dev` wants of the swapper for `pluginDir`, if this process runs under it. It is for one swapper: the variable is
 * removed, so that neither a second swapper nor a child process takes it. A variable that was inherited from elsewhere is of
 * no effect, because no process with that id is alive.
 */
export function takeDevEnvironment(pluginDir: string): DevEnvironment | undefined {
  const value = process.env[DEV_VARIABLE];
  if (value === undefined) return undefined;
  const environment = parse(value);
  if (environment === undefined || !isRunning(environment.pid)) return undefined;
  if (!isSameFolder(environment.outputDir, pluginDir)) return undefined;
  delete process.env[DEV_VARIABLE];
  return environment;
}

/** Whether two paths lead to one folder, which need not exist. */
export function isSameFolder(one: string, other: string): boolean {
  return realPath(one) === realPath(other);
}

/** `undefined` for what somebody else has put there. */
function parse(value: string): DevEnvironment | undefined {
  try {
    const environment = JSON.parse(value) as Partial<DevEnvironment> | null;
    return typeof environment?.pid === "number" && typeof environment.outputDir === "string"
      ? (environment as DevEnvironment)
      : undefined;
  } catch {
    return undefined;
  }
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync.native(path) : resolve(path);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
