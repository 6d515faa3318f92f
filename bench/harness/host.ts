import { pinned } from "./pinning.ts";

export interface HostOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running host: a process of its own that answers over HTTP on the loopback interface. Ended when disposed. */
export class Host implements AsyncDisposable {
  readonly name: string;
  readonly #process: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly address: string;
  /** The end of what the host wrote to stderr, for the message when it does not start. */
  #complaint = "";

  private constructor(name: string, process: Bun.Subprocess<"ignore", "ignore", "pipe">, port: number) {
    this.name = name;
    this.#process = process;
    this.address = `http://127.0.0.1:${port}`;
    void this.#listen();
  }

  get pid(): number {
    return this.#process.pid;
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#process.stderr) {
      this.#complaint = (this.#complaint + decoder.decode(chunk)).slice(-500);
    }
  }

  /** Starts the host, bound to the measured processor, and waits until it answers. Throws after `patience` ms. */
  static async start(options: HostOptions, patience = 30_000): Promise<Host> {
    const port = freePort();
    const child = Bun.spawn(pinned(options.command), {
      cwd: options.cwd,
      env: { ...process.env, ...options.env, PORT: String(port), NODE_NO_WARNINGS: "1" },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      detached: true,
    });
    const host = new Host(options.name, child, port);
    const deadline = performance.now() + patience;
    while ((await host.ask("/")) === undefined) {
      if (performance.now() > deadline || child.exitCode !== null) {
        await host[Symbol.asyncDispose]();
        throw new Error(`${options.name} did not start: ${host.#complaint.trim()}`);
      }
      await Bun.sleep(20);
    }
    return host;
  }

  /** The answer to a request, or `undefined` while the host refuses, fails or restarts. */
  async ask(path: string): Promise<string | undefined> {
    try {
      const response = await fetch(this.address + path, { signal: AbortSignal.timeout(5_000) });
      const text = await response.text();
      return response.ok ? text : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Makes a change and asks once a millisecond until the answer begins with `expected`. Milliseconds from the
   * change to that answer, or `undefined` after `patience` ms.
   */
  async untilSeen(change: () => void, expected: string, patience = 10_000): Promise<number | undefined> {
    const start = performance.now();
    change();
    while (performance.now() - start < patience) {
      const answer = await this.ask("/");
      if (answer?.startsWith(expected) === true) return performance.now() - start;
      await Bun.sleep(1);
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // The whole group, because `node --watch` runs the host in a child of its own.
      process.kill(-this.#process.pid, "SIGKILL");
    } catch {
      this.#process.kill("SIGKILL");
    }
    await this.#process.exited;
  }
}

function freePort(): number {
  using listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  return listener.port;
}
