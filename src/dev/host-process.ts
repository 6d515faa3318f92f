import { existsSync, type FSWatcher, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OwnFolder } from "../load/copies/own-folder.ts";
import { ControlClient } from "../control/client.ts";
import { DEV_SOCKET_VARIABLE, devSocketValue } from "../reload/dev-socket.ts";
import { isAlive } from "../control/socket.ts";

export interface HostProcessOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  /** Called when the host listens on its control socket. */
  readonly onReady: (client: ControlClient) => void;
  /** Called once when the host has run for a while without listening. */
  readonly onSilent: () => void;
  /** Called when the host ended by itself, with its exit code or the signal that ended it. */
  readonly onExit: (how: number | NodeJS.Signals) => void;
}

/** A host that has not opened its socket after this time probably does not load plugins, in ms. */
const SILENCE = 5000;

/** How long after the socket's file is there it is tried again, in ms. */
const ASK_AGAIN = 2;

/** How long a host may take to end when it is asked to, in ms. */
const GRACE = 5000;

/**
 * The host under development: a process, with whatever it starts, and the way to its control socket. It starts when this is
 * made.
 */
export class HostProcess implements AsyncDisposable {
  readonly #options: HostProcessOptions;
  readonly #child: Bun.Subprocess;
  readonly #folder: OwnFolder;
  readonly #socket: string;
  readonly #watcher: FSWatcher;
  readonly #silence: Timer;
  /** Whether the socket is waited for. */
  #waiting = true;
  #asking = false;
  #stopping = false;

  /** Starts the command. Throws when there is no such program. */
  constructor(options: HostProcessOptions) {
    this.#options = options;
    // For the owner alone, as the socket in it. When we are killed, the next host to load plugins takes it away. What cannot be
    // cleaned up is the host's to say.
    this.#folder = new OwnFolder(tmpdir(), () => undefined, "dev-");
    this.#socket = join(this.#folder.path, "host.sock");
    this.#child = this.#start();
    this.#watcher = watch(this.#folder.path, () => void this.#ask());
    this.#silence = setTimeout(() => options.onSilent(), SILENCE);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Asks the host to end, and ends it when it does not. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), GRACE);
    await this.#child.exited;
    clearTimeout(timer);
    this.#cleanUp();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #start(): Bun.Subprocess {
    const { command, cwd } = this.#options;
    try {
      return Bun.spawn([...command], {
        cwd,
        env: { ...process.env, [DEV_SOCKET_VARIABLE]: devSocketValue(this.#socket) },
        // On a terminal the keys are ours.
        stdio: [process.stdin.isTTY ? "ignore" : "inherit", "inherit", "inherit"],
        // A group of its own: the command may be a script that starts the host, and both have to end.
        detached: process.platform !== "win32",
        onExit: (child, code) => this.#ended(child.signalCode ?? code ?? 1),
      });
    } catch (error) {
      this.#folder[Symbol.dispose]();
      throw error;
    }
  }

  #ended(how: number | NodeJS.Signals): void {
    if (this.#stopping) return;
    this.#cleanUp();
    this.#options.onExit(how);
  }

  #cleanUp(): void {
    // What the command started and left behind.
    this.#signal("SIGKILL");
    this.#stopWaiting();
    this.#folder[Symbol.dispose]();
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

  /** Finds out whether the host listens. Its socket's file is there a moment before. */
  async #ask(): Promise<void> {
    if (this.#asking || !existsSync(this.#socket)) return;
    this.#asking = true;
    while (this.#waiting && !(await isAlive(this.#socket))) await Bun.sleep(ASK_AGAIN);
    if (!this.#waiting) return;
    this.#stopWaiting();
    this.#options.onReady(new ControlClient(this.#socket));
  }

  #stopWaiting(): void {
    this.#waiting = false;
    this.#watcher.close();
    clearTimeout(this.#silence);
  }
}
