import { mkdir } from "node:fs/promises";
import { Child } from "../../support/child.ts";
import type { Answer } from "./check-history.ts";
import { Cable } from "./cut.ts";
import type { HostOptions, PluginFault } from "./host-options.ts";

/** A host process of the soak, as it is seen from outside. */
export class SoakMember implements AsyncDisposable {
  readonly id: string;
  readonly answers: Answer[] = [];
  /** Questions that were not answered while the process was left alone. */
  failed = 0;
  /** How long answers took, in ms. */
  latencies: number[] = [];
  /** It was killed, stopped or ended: it need not answer. */
  disturbed = false;
  readonly #child: Child;
  readonly #cable: Cable | undefined;
  #port = 0;
  #over = false;
  #asking: Promise<void> = Promise.resolve();

  constructor(options: HostOptions, cable: Cable | undefined) {
    this.id = options.id;
    this.#cable = cable;
    const env = { SOAK_HOST: JSON.stringify(options) };
    this.#child = new Child([process.execPath, `${import.meta.dir}/host.ts`], { cwd: options.root, env });
  }

  /** Starts a process; it is a member when {@link joined} resolves. */
  static async start(options: HostOptions): Promise<SoakMember> {
    await mkdir(options.folder, { recursive: true });
    if (!options.store.includes("://")) return new SoakMember(options, undefined);
    const url = new URL(options.store);
    const cable = new Cable({ hostname: url.hostname, port: Number(url.port) });
    url.port = String(cable.port);
    return new SoakMember({ ...options, store: url.href }, cable);
  }

  /** Resolves when it is a member; from then on it is asked every `interval` ms. */
  async joined(interval: number): Promise<void> {
    this.#port = Number((await this.#child.line(/^member .* on \d+$/)).split(" ").at(-1));
    this.#asking = this.#keepAsking(interval);
  }

  get canBeCut(): boolean {
    return this.#cable !== undefined;
  }

  cut(): void {
    this.#cable?.cut();
  }

  mend(): void {
    this.#cable?.mend();
  }

  signal(signal: NodeJS.Signals): void {
    this.disturbed = signal !== "SIGCONT";
    this.#child.kill(signal);
  }

  async fault(fault: PluginFault): Promise<void> {
    await fetch(this.#url, { method: "POST", body: JSON.stringify(fault) });
  }

  async log(): Promise<string> {
    const log = await fetch(`${this.#url}log`).then((answer) => answer.text(), String);
    return `${log}\n${this.#child.stderr}`;
  }

  /** One question. Rejects when there is no answer within 5 s. */
  async ask(): Promise<Answer> {
    const sent = Date.now();
    const start = performance.now();
    const response = await fetch(this.#url, { signal: AbortSignal.timeout(5000) });
    const { serves, told } = (await response.json()) as Pick<Answer, "serves" | "told">;
    this.latencies.push(performance.now() - start);
    return { member: this.id, sent, received: Date.now(), serves, told };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    this.disturbed = true;
    await this.#child[Symbol.asyncDispose]();
    await this.#asking;
    this.#cable?.[Symbol.dispose]();
  }

  get #url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  async #keepAsking(interval: number): Promise<void> {
    while (!this.#over) {
      const before = this.disturbed;
      try {
        this.#keep(await this.ask());
      } catch {
        if (!before && !this.disturbed) this.failed++;
        await Bun.sleep(interval);
      }
      await Bun.sleep(interval * (0.5 + Math.random()));
    }
  }

  /** What is the same again tells nothing new. */
  #keep(answer: Answer): void {
    const last = this.answers.at(-1);
    const same = (one: Answer): string => JSON.stringify([one.serves, one.told]);
    if (last === undefined || same(last) !== same(answer)) this.answers.push(answer);
  }
}
