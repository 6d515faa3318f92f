import type { DevEvent, DevSession } from "../../src/dev/session.ts";
import { describeStatus } from "../host/status.ts";
import { printError } from "../terminal/output.ts";
import { paintFor } from "../terminal/paint.ts";
import { keyHelp, Keys } from "./keys.ts";
import { DevDashboard } from "./open-dashboard.ts";
import { DevReporter } from "./report.ts";
import { TypeCheck } from "./type-check.ts";

export interface DevViewOptions {
  readonly cwd: string;
  /** Whether types are checked. */
  readonly types: boolean;
  /** Ends `hotswap dev` with an exit code. */
  readonly end: (exitCode: number) => void;
}

/** What people see of `hotswap dev`, and the keys that they press. */
export class DevView implements AsyncDisposable {
  readonly #session: DevSession;
  readonly #types: TypeCheck | undefined;
  readonly #keys: Keys;
  readonly #paint = paintFor("stderr");
  readonly #reporter = new DevReporter(this.#paint);
  readonly #dashboard = new DevDashboard();
  #written: Promise<void> = Promise.resolve();

  constructor(session: DevSession, { cwd, types, end }: DevViewOptions) {
    this.#session = session;
    this.#types = types ? new TypeCheck({ cwd, paint: this.#paint, say: (text) => this.#say(text) }) : undefined;
    this.#keys = new Keys(
      {
        r: () => void session.reload(),
        R: () => void session.restart(),
        s: () => void this.#showStatus(),
        b: () => void session.rollback(),
        o: () => void this.#showDashboard(),
        // The screen, and what was scrolled out of it.
        c: () => void process.stderr.write("\u001B[2J\u001B[3J\u001B[H"),
        h: () => this.#say(keyHelp(this.#paint)),
        q: () => end(0),
      },
      () => end(130),
      () => end(129),
    );
  }

  /** Begins to read keys. */
  listen(): void {
    this.#keys.listen();
  }

  show(event: DevEvent): void {
    const text = this.#reporter.describe(event);
    if (text !== undefined) this.#say(text);
    if (givesNews(event)) this.#types?.soon();
    // What is wrong with it was said.
    else if (event.type === "build failed") this.#types?.giveUp();
  }

  /** Says that the host takes its time to end. */
  showEnding(): void {
    this.#say("the host is still ending; it is killed in some seconds, or by Ctrl-C");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keys[Symbol.dispose]();
    this.#types?.[Symbol.dispose]();
    await this.#dashboard[Symbol.asyncDispose]();
    await this.#written;
  }

  async #showStatus(): Promise<void> {
    const status = await this.#session.status();
    if (status !== undefined) this.#write(describeStatus(status, this.#paint, true));
  }

  async #showDashboard(): Promise<void> {
    const { control } = this.#session;
    this.#say(
      control === undefined ? "there is no host to show yet" : `dashboard: ${await this.#dashboard.open(control)}`,
    );
  }

  #say(text: string): void {
    this.#write(`${this.#paint.cyan("hotswap")} ${text}\n`);
  }

  /** To stderr: stdout is the host's. */
  #write(text: string): void {
    // When nobody reads any more, there is nobody to tell.
    this.#written = this.#written.then(() => printError(text)).catch(() => undefined);
  }
}

/** Whether types may be others than they were. */
function givesNews(event: DevEvent): boolean {
  // What was refused was built: a name that a module of the host lacks is shown where it is imported.
  return event.type === "reloaded" || event.type === "mended" || event.type === "project changed";
}
