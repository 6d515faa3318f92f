import { existsSync, watch } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ControlClient } from "../control/client.ts";
import { DEV_SOCKET_VARIABLE, devSocketValue } from "../control/dev-socket.ts";

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

/** How long a host may take to end when it is asked to, in ms. */
const GRACE = 5000;

/**
 * The host under development: a process, with whatever it starts, and the way to its control socket. It starts when this is
 * made.
 */
export class HostProcess implements AsyncDisposable {
  readonly #options: HostProcessOptions;
  readonly #child: Bun.Subprocess;
  readonly #folder: string;
  readonly #stopListening: () => void;
  #stopping = false;

  private constructor(options: HostProcessOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    const socket = join(folder, "host.sock");
    this.#stopListening = this.#waitFor(socket);
    this.#child = Bun.spawn([...options.command], {
      cwd: options.cwd,
      env: { ...process.env, [DEV_SOCKET_VARIABLE]: devSocketValue(socket) },
      // On a terminal the keys are ours.
      stdio: [process.stdin.isTTY ? "ignore" : "inherit", "inherit", "inherit"],
      // A group of its own: the command may be a script that starts the host, and both have to end.
      detached: process.platform !== "win32",
      onExit: (child, code) => this.#ended(child.signalCode ?? code ?? 1),
    });
  }

  /** Starts the command. Rejects when there is no such program. */
  static async start(options: HostProcessOptions): Promise<HostProcess> {
    // For the owner alone, as the socket in it.
    const folder = await mkdtemp(join(tmpdir(), "hotswap-dev-"));
    try {
      return new HostProcess(options, folder);
    } catch (error) {
      await rm(folder, { recursive: true });
      throw error;
    }
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
    // What the command started and left behind.
    this.#signal("SIGKILL");
    this.#stopListening();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
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

  #ended(how: number | NodeJS.Signals): void {
    this.#stopListening();
    if (!this.#stopping) this.#options.onExit(how);
  }

  /** Answers how to end the waiting. */
  #waitFor(socket: string): () => void {
    const end = (): void => {
      watcher.close();
      clearTimeout(timer);
    };
    const watcher = watch(this.#folder, () => {
      if (!existsSync(socket)) return;
      end();
      this.#options.onReady(new ControlClient(socket));
    });
    const timer = setTimeout(() => this.#options.onSilent(), SILENCE);
    return end;
  }
}
