import { lstatSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { describeError, HotswapError } from "../errors.ts";

/** Longest path of a Unix socket that every system takes, in bytes. */
const LONGEST = process.platform === "linux" ? 107 : 103;

/** Throws `HOTSWAP_CONTROL_FAILED` for the name of a pipe of Windows: Bun speaks HTTP over Unix sockets alone, there as well. */
export function refusePipe(path: string): void {
  if (!/^[\\/]{2}[.?][\\/]pipe[\\/]/i.test(path)) return;
  throw failed(
    path,
    "Bun's servers do not listen on named pipes; give the path of a file, which works on Windows, too",
  );
}

/**
 * Makes way for a socket at `path`: one that a dead process left is taken away. Throws `HOTSWAP_CONTROL_FAILED` when a
 * process listens there, or when no socket can be made there.
 */
export async function clearSocketPath(path: string): Promise<void> {
  checkPath(path);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  // Windows does not show such a socket as a socket, so only what cannot be one is refused.
  if (there.isDirectory() || (process.platform !== "win32" && !there.isSocket())) {
    throw failed(path, "something that is not a socket is there; remove it, or choose another path");
  }
  if (await isAlive(path)) throw inUse(path);
  // Another process may have begun to listen between the check and the removal, so the removed socket is checked again.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw failed(path, `the socket that a dead process left cannot be removed (${describeError(error)})`, error);
  }
  if (await isAlive(aside)) {
    renameSync(aside, path);
    throw inUse(path);
  }
  rmSync(aside, { force: true });
}

/** Runs `listen` so that from the first moment only the owner can use the socket that it makes. */
export function withPrivateMode<Result>(listen: () => Result): Result {
  if (process.platform === "win32" || !Bun.isMainThread) return listen();
  const before = process.umask(0o177);
  try {
    return listen();
  } finally {
    process.umask(before);
  }
}

/** Whether somebody listens on the socket. */
export async function isAlive(path: string): Promise<boolean> {
  try {
    const connection = await Bun.connect({ unix: path, socket: { data() {} } });
    connection.end();
    return true;
  } catch {
    return false;
  }
}

function checkPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (length > LONGEST) {
    throw failed(path, `a socket's path may be ${LONGEST} bytes long, and this is ${length}: choose a shorter one`);
  }
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw failed(path, `the folder ${dirname(path)} does not exist: make it`);
  }
}

function inUse(path: string): HotswapError {
  return failed(path, "another process listens there; end it, or choose another path");
}

function failed(path: string, reason: string, cause?: unknown): HotswapError {
  return new HotswapError("HOTSWAP_CONTROL_FAILED", `no control socket can be opened at ${path}: ${reason}`, { cause });
}
