/**
 * The variable by which `hotswap dev` tells its child where to open a control socket: the process id of `hotswap dev`, a
 * colon, and the socket's path.
 */
export const DEV_SOCKET_VARIABLE = "HOTSWAP_DEV_CONTROL";

/** The variable's value. */
export function devSocketValue(path: string): string {
  return `${process.pid}:${path}`;
}

/**
 * The socket that `hotswap dev` wants, if this process runs under it. It is for one swapper: the variable is removed, so that
 * neither a second swapper nor a child process takes it. A variable that was inherited from elsewhere opens nothing, because
 * no process with that id is alive.
 */
export function takeDevSocket(): string | undefined {
  const value = process.env[DEV_SOCKET_VARIABLE];
  if (value === undefined) return undefined;
  delete process.env[DEV_SOCKET_VARIABLE];
  const [, pid, path] = /^(\d+):(.+)$/s.exec(value) ?? [];
  return pid !== undefined && isRunning(Number(pid)) ? path : undefined;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
