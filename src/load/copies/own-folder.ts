import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
  utimesSync,
} from "node:fs";
import { join } from "node:path";

/** How long, in ms, a folder is kept whose process cannot be looked up. A process touches its folder far more often. */
const DAY = 24 * 60 * 60 * 1000;

const HOUR = 60 * 60 * 1000;

/** Told what could not be cleaned up. */
export type Report = (problem: string, error: unknown) => void;

/**
 * A folder of this process among temporary files, for its owner alone. It goes away with the process, or, when that was killed,
 * with the next process that makes such a folder beside it.
 */
export class OwnFolder implements Disposable {
  /** Absolute. */
  readonly path: string;
  readonly #heartbeat: Timer;
  readonly #removeAtExit = (): void => this[Symbol.dispose]();

  /** Throws what the file system does. */
  constructor(parent: string, report: Report, purpose = "") {
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    removeOrphans(parent, report);
    // Mode 0700.
    this.path = mkdtempSync(
      join(parent, `hotswap-${process.pid}.${startTime(process.pid) ?? ""}.${realm()}-${purpose}`),
    );
    this.#heartbeat = setInterval(() => touch(this.path), HOUR);
    this.#heartbeat.unref();
    process.on("exit", this.#removeAtExit);
  }

  /**
   * Whether the folder is still there and still ours: after a cleaner of temporary files deleted it, anyone may make
   * another.
   */
  get isIntact(): boolean {
    const stats = lstatSync(this.path, { throwIfNoEntry: false });
    return stats !== undefined && stats.isDirectory() && isOurs(stats) && isPrivate(stats);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#removeAtExit);
    clearInterval(this.#heartbeat);
    // A folder that somebody else made there meanwhile is left alone.
    if (this.isIntact) rmSync(this.path, { recursive: true, force: true });
  }
}

/**
 * Removes the folders of processes of ours that ended without cleaning up. Those of other users are left alone, and
 * what cannot be removed is reported and left.
 */
function removeOrphans(parent: string, report: Report): void {
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch (error) {
    report(`${parent} cannot be listed: what hosts that were killed left there stays`, error);
    return;
  }
  for (const name of names) {
    const [, pid, start, where] = /^hotswap-(\d+)\.(\d*)(?:\.([0-9a-f]*))?-/.exec(name) ?? [];
    if (pid === undefined || start === undefined) continue;
    const path = join(parent, name);
    try {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats === undefined || !stats.isDirectory() || !isOurs(stats)) continue;
      if (where === realm() ? isRunning(Number(pid), start) : Date.now() - stats.mtimeMs < DAY) continue;
      rmSync(path, { recursive: true, force: true });
    } catch (error) {
      report(`${path} is left of a host that was killed, and cannot be removed`, error);
    }
  }
}

function isOurs(stats: Stats): boolean {
  return process.getuid === undefined || stats.uid === process.getuid();
}

/** Windows has no such modes; a user's folder of temporary files is the user's alone there. */
function isPrivate(stats: Stats): boolean {
  return process.platform === "win32" || (stats.mode & 0o077) === 0;
}

/** Whoever looks from another realm knows by this that we are alive. */
function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // It was removed from under us, and is made again when it is needed.
  }
}

let ownRealm: string | undefined;

/**
 * Identifies where process ids mean the same as here: this boot of this machine, and this PID namespace. A container
 * that shares a folder with us has other ids. Empty where the system does not say.
 */
function realm(): string {
  ownRealm ??= readRealm();
  return ownRealm;
}

function readRealm(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1");
    return Bun.hash(boot + readlinkSync("/proc/self/ns/pid")).toString(16);
  } catch {
    return "";
  }
}

/** A process that started at another time only has the same id: in a container the host is number 1 each time. */
function isRunning(pid: number, start: string): boolean {
  const startOfPid = startTime(pid);
  if (startOfPid !== undefined) return start === "" || startOfPid === start;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is running, too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When the process was started, in the system's own ticks; `undefined` where the system does not say, or has no such process. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name, in parentheses, may hold anything; the start is the 20th field after it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
