import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { displayPath } from "../build/diagnostic.ts";
import { HotswapError } from "../errors.ts";
import { isInside } from "../load/resolve.ts";
import { isSameFolder } from "../reload/dev-environment.ts";

/** What a session says of itself, in its folder. */
interface SessionFile {
  readonly pid: number;
  /** Where it was started. */
  readonly cwd: string;
  /** In ms since 1970. */
  readonly startedAt: number;
  readonly outputDir: string;
  readonly command: readonly string[];
}

const FILE = "session.json";

/** How the names of hosts' control sockets begin in a session's folder. */
export const CONTROL = "host";

/**
 * Makes sure that no other `hotswap dev` of ours runs for the same output folder; `folder` is the session's own, and others' lie
 * beside it. Of two that begin at the same time the older one stays. Throws `HOTSWAP_DEV_RUNNING`, which says who it is.
 */
export function requireSole(folder: string, session: Pick<SessionFile, "cwd" | "outputDir" | "command">): void {
  const own: SessionFile = { ...session, pid: process.pid, startedAt: Date.now() };
  writeFileSync(join(folder, FILE), JSON.stringify(own), { mode: 0o600 });
  for (const { folder: theirs, ...other } of sessionsIn(dirname(folder))) {
    if (theirs === folder) continue;
    const isOlder = other.startedAt < own.startedAt || (other.startedAt === own.startedAt && other.pid < own.pid);
    if (!isOlder || !isSameFolder(other.outputDir, own.outputDir)) continue;
    throw new HotswapError(
      "HOTSWAP_DEV_RUNNING",
      `hotswap dev runs already for ${displayPath(own.outputDir)}: process ${other.pid}, since ${new Date(other.startedAt).toTimeString().slice(0, 8)}, with ${other.command.join(" ")}; end it, or give another folder with --out`,
    );
  }
}

/** A session that runs in a project, and the control sockets of its host: one, or none while the host does not run. */
export interface RunningSession {
  readonly pid: number;
  readonly outputDir: string;
  readonly controls: readonly string[];
}

/** The sessions of ours that were started in `dir` or above it. */
export function sessionsAround(dir: string): RunningSession[] {
  return sessionsIn(tmpdir())
    .filter(({ cwd }) => isInside(dir, cwd) || isSameFolder(dir, cwd))
    .map(({ pid, outputDir, folder }) => ({ pid, outputDir, controls: controlsIn(folder) }));
}

function controlsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(CONTROL))
    .map((name) => join(folder, name));
}

/** Those that run, of the same user. */
function sessionsIn(parent: string): (SessionFile & { readonly folder: string })[] {
  return readdirSync(parent)
    .filter((name) => /^hotswap-\d+\..*-dev-/.test(name))
    .flatMap((name) => readSession(join(parent, name)) ?? []);
}

function readSession(folder: string): (SessionFile & { readonly folder: string }) | undefined {
  try {
    if (lstatSync(folder).uid !== process.getuid?.()) return undefined;
    const session = JSON.parse(readFileSync(join(folder, FILE), "utf8")) as SessionFile;
    process.kill(session.pid, 0);
    return { ...session, folder };
  } catch {
    // It is over, or has only begun.
    return undefined;
  }
}
