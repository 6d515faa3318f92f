import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

/** What a program wrote last is read within this time, in ms; only a test that waits for what does not come waits so long. */
const LAST_WORDS = 500;

/** A program on a terminal of its own, with what it shows. Killed when disposed of, if it still runs. */
export class OnTerminal implements AsyncDisposable {
  readonly #terminal: Bun.Terminal;
  readonly #process: Bun.Subprocess;
  readonly #decoder = new TextDecoder();
  #raw = "";
  #position = 0;
  #more = Promise.withResolvers<void>();
  #ended = false;

  constructor(command: readonly string[], cwd: string, env: Record<string, string> = {}) {
    this.#terminal = new Bun.Terminal({
      cols: 200,
      rows: 50,
      data: (_, data) => {
        this.#raw += this.#decoder.decode(data, { stream: true });
        this.#wake();
      },
    });
    this.#process = Bun.spawn([...command], {
      cwd,
      env: { ...process.env, NODE_ENV: undefined, ...env },
      terminal: this.#terminal,
    });
    void this.#process.exited.then(async () => {
      await Bun.sleep(LAST_WORDS);
      this.#ended = true;
      this.#wake();
    });
  }

  /** Everything that was shown, as it was written. */
  get raw(): string {
    return this.#raw;
  }

  /** Everything that was shown, without control characters. */
  get text(): string {
    return stripVTControlCharacters(this.#raw).replaceAll("\r", "");
  }

  /** Waits until `pattern` is shown, after what was waited for before; answers the match. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const more = this.#more.promise;
      const { text } = this;
      const found = pattern.exec(text.slice(this.#position));
      if (found !== null) {
        this.#position += found.index + found[0].length;
        return found;
      }
      if (this.#ended) throw new Error(`the program ended without showing ${pattern}:\n${text}`);
      await more;
    }
  }

  /** Presses keys. */
  type(keys: string): void {
    this.#terminal.write(keys);
  }

  /** Takes the terminal away. The program is not told by a signal: the terminal is not its session's. */
  hangUp(): void {
    this.#terminal.close();
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  get exited(): Promise<number> {
    return this.#process.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // As a terminal does that is closed: what the program started has to end as well.
    this.#process.kill("SIGHUP");
    await this.#process.exited;
    this.#terminal.close();
  }

  #wake(): void {
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }
}

/** Resolves when the process has ended. One that nobody asks for its exit code is over, too. */
export async function ended(pid: number): Promise<void> {
  while (isRunning(pid)) await Bun.sleep(5);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
