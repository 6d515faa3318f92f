import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { displayPath } from "../build/diagnostic.ts";
import { HotswapError } from "../errors.ts";
import { isSameFolder } from "../reload/dev-environment.ts";

/** What a session says of itself, in its folder. */
interface SessionFile {
  readonly pid: number;
  /** In ms since 1970. */
  readonly startedAt: number;
  readonly outputDir: string;
  readonly command: readonly string[];
}

const FILE = "session.json";

/**
 * Makes sure that no other `hotswap dev` of ours runs for the same output folder; `folder` is the session's own, and others' lie
 * beside it. Of two that begin at the same time the older one stays. Throws `HOTSWAP_DEV_RUNNING`, which says who it is.
 */
export function requireSole(folder: string, session: Pick<SessionFile, "outputDir" | "command">): void {
  const own: SessionFile = { ...session, pid: process.pid, startedAt: Date.now() };
  writeFileSync(join(folder, FILE), JSON.stringify(own), { mode: 0o600 });
  for (const other of sessionsBeside(folder)) {
    const isOlder = other.startedAt < own.startedAt || (other.startedAt === own.startedAt && other.pid < own.pid);
    if (!isOlder || !isSameFolder(other.outputDir, own.outputDir)) continue;
    throw new HotswapError(
      "HOTSWAP_DEV_RUNNING",
      `hotswap dev runs already for ${displayPath(own.outputDir)}: process ${other.pid}, since ${new Date(other.startedAt).toTimeString().slice(0, 8)}, with ${other.command.join(" ")}; end it, or give another folder with --out`,
    );
  }
}

/** Of sessions that run, of the same user. */
function sessionsBeside(folder: string): SessionFile[] {
  const parent = dirname(folder);
  return readdirSync(parent)
    .filter((name) => /^hotswap-\d+\..*-dev-/.test(name) && name !== basename(folder))
    .flatMap((name) => readSession(join(parent, name)) ?? []);
}

function readSession(folder: string): SessionFile | undefined {
  try {
    if (lstatSync(folder).uid !== process.getuid?.()) return undefined;
    const session = JSON.parse(readFileSync(join(folder, FILE), "utf8")) as SessionFile;
    process.kill(session.pid, 0);
    return session;
  } catch {
    // It is over, or has only begun.
    return undefined;
  }
}
