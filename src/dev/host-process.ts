import { rmSync } from "node:fs";
import { join } from "node:path";
import { DEV_VARIABLE, type DevEnvironment } from "../reload/dev-environment.ts";
import { type LastWords, takeLastWords } from "./last-words.ts";
import type { DevReport } from "./report.ts";
import { CONTROL } from "./sole-session.ts";
import { ReportServer } from "./report-server.ts";

export interface HostProcessOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Whether the host gets our standard input. */
  readonly givesInput: boolean;
  /** For the owner alone; the sockets are made in it. */
  readonly folder: string;
  /** What the host is told, beside where the sockets are. */
  readonly environment: Pick<DevEnvironment, "outputDir" | "builds">;
  readonly onReport: (report: DevReport) => void;
  /** Called once when the host has run for a while without a report. */
  readonly onSilent: () => void;
  /** Called when the host ended by itself, with its exit code or the signal that ended it, and what it left behind. */
  readonly onExit: (how: number | NodeJS.Signals, words: LastWords | undefined) => void;
}

/** In ms: a host that has not reported after this time probably does not load plugins. */
const SILENCE = 5000;

/**
 * In ms: how long Bun's allocator keeps memory that was given back. It gives it to the system after 10 ms unless told otherwise, and
 * then the transpiler, which takes new memory for each module, spends most of its time on getting it again.
 */
const MIMALLOC_PURGE_DELAY = "10000";

/** How long a host may take to end when it is asked to, in s. */
const GRACE = 5;

/**
 * Ends the group of processes $1 when its own standard input ends, which is when we do, whatever ends us. Asks first, as we do.
 */
const guardScript = `read -r _ && exit
kill -s TERM -- "-$1" || exit
for _ in ${"x ".repeat(GRACE)}; do sleep 1; kill -s 0 -- "-$1" || exit; done
kill -s KILL -- "-$1"`;

let count = 0;

/** The host under development: a process, with whatever it starts. It starts when this is made. */
export class HostProcess implements AsyncDisposable {
  /** Path of the host's control socket. */
  readonly control: string;
  readonly #options: HostProcessOptions;
  readonly #socket: string;
  readonly #reports: ReportServer;
  readonly #child: Bun.Subprocess;
  readonly #guard: Bun.Subprocess<"pipe"> | undefined;
  readonly #silence: Timer;
  #stopping = false;

  /** Starts the command. Throws when there is no such program. */
  constructor(options: HostProcessOptions) {
    this.#options = options;
    const name = `${++count}`;
    this.control = join(options.folder, `${CONTROL}${name}.sock`);
    this.#socket = join(options.folder, `dev${name}.sock`);
    this.#reports = new ReportServer(this.#socket, (report) => {
      clearTimeout(this.#silence);
      if (!this.#stopping) options.onReport(report);
    });
    this.#child = this.#start();
    this.#guard = this.#startGuard();
    this.#silence = setTimeout(() => options.onSilent(), SILENCE);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Asks the host to end, and ends it when it does not. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), GRACE * 1000);
    await this.#child.exited;
    clearTimeout(timer);
    this.#cleanUp();
  }

  /** Ends it at once. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #start(): Bun.Subprocess {
    const { command, cwd, env, givesInput, environment } = this.#options;
    const value: DevEnvironment = {
      ...environment,
      pid: process.pid,
      control: this.control,
      reports: this.#socket,
    };
    try {
      return Bun.spawn([...command], {
        cwd,
        env: { MIMALLOC_PURGE_DELAY, ...env, [DEV_VARIABLE]: JSON.stringify(value) },
        stdio: [givesInput ? "inherit" : "ignore", "inherit", "inherit"],
        // In a process group of its own: the command may be a script that starts the host, and both have to end.
        detached: process.platform !== "win32",
        onExit: (child, code) => this.#ended(child.signalCode ?? code ?? 1),
      });
    } catch (error) {
      this.#reports[Symbol.dispose]();
      throw error;
    }
  }

  /** A signal that cannot be caught ends us without a word, and the host has to end all the same. */
  #startGuard(): Bun.Subprocess<"pipe"> | undefined {
    if (process.platform === "win32") return undefined;
    const guard = Bun.spawn(["sh", "-c", guardScript, "sh", `${this.#child.pid}`], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    guard.unref();
    return guard;
  }

  #ended(how: number | NodeJS.Signals): void {
    if (this.#stopping) return;
    const words = takeLastWords(this.#socket);
    this.#cleanUp();
    this.#options.onExit(how, words);
  }

  #cleanUp(): void {
    // What the command started and left behind.
    this.#signal("SIGKILL");
    this.#guard?.kill("SIGKILL");
    clearTimeout(this.#silence);
    this.#reports[Symbol.dispose]();
    takeLastWords(this.#socket);
    for (const socket of [this.#socket, this.control]) rmSync(socket, { force: true });
  }

  #signal(signal: NodeJS.Signals): void {
    if (process.platform === "win32") {
      this.#child.kill(signal);
      return;
    }
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // Nobody of the group is left.
    }
  }
}
