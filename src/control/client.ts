import { statSync } from "node:fs";
import { resolve } from "node:path";
import { describeError, HotswapError } from "../errors.ts";
import {
  type ControlEvent,
  type Explained,
  type Failure,
  type Generations,
  type Metrics,
  type Plan,
  PROTOCOL,
  type Reload,
  type ReloadEvent,
  type ReloadRefused,
  type Reloads,
  type Status,
  type StoredValue,
  type VaultKeys,
  type VaultValue,
} from "./protocol.ts";
import { fromWire } from "./wire.ts";

/**
 * A running host, seen from another process through its control socket. Every method throws `HOTSWAP_CONTROL_FAILED` when
 * nobody answers, or the error that the host reported.
 */
export class ControlClient {
  /** Absolute path of the socket. */
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Throws `HOTSWAP_CONTROL_FAILED` as well when the host speaks another version of the protocol. */
  async status(): Promise<Status> {
    const status = await this.#get<Status>("/status");
    if (status.protocol === PROTOCOL) return status;
    throw new HotswapError(
      "HOTSWAP_CONTROL_FAILED",
      `the host at ${this.path} speaks version ${status.protocol} of the control protocol, and this is version ${PROTOCOL}: use the hotswap that the host uses (${status.hotswap})`,
    );
  }

  plan({ rehearse = false }: { readonly rehearse?: boolean } = {}): Promise<Plan> {
    return this.#get(`/plan?rehearse=${rehearse}`);
  }

  generations(): Promise<Generations> {
    return this.#get("/generations");
  }

  explain(plugin: string, number: number): Promise<Explained> {
    return this.#get(`/explain?plugin=${encodeURIComponent(plugin)}&number=${number}`);
  }

  reloads(): Promise<Reloads> {
    return this.#get("/reloads");
  }

  metrics(): Promise<Metrics> {
    return this.#get("/metrics");
  }

  vaultKeys(): Promise<VaultKeys> {
    return this.#get("/vault");
  }

  vaultValue(key: string): Promise<VaultValue> {
    return this.#get(`/vault/value?key=${encodeURIComponent(key)}`);
  }

  storedValue(key: string): Promise<StoredValue> {
    return this.#get(`/vault/stored?key=${encodeURIComponent(key)}`);
  }

  /**
   * Makes the host reload. Resolves when the reload is over, also when it failed. `onEvent` is called as it goes on. A
   * probation continues after that: `status()` says how it stands.
   */
  reload(
    onEvent?: (event: ReloadEvent) => void,
    probation?: { readonly watch: number; readonly maxErrors: number },
  ): Promise<Reload> {
    const query = probation === undefined ? "" : `?probation=${probation.watch}&maxErrors=${probation.maxErrors}`;
    return this.#act(`/reload${query}`, onEvent);
  }

  /** Has the host go back to the set before; see {@link reload}. */
  rollback(onEvent?: (event: ReloadEvent) => void): Promise<Reload> {
    return this.#act("/rollback", onEvent);
  }

  /** The events of the host, from now on until `signal` is aborted or the host ends the stream. */
  async *events(signal?: AbortSignal): AsyncGenerator<ControlEvent, void> {
    const response = await this.#fetch("/events", signal === undefined ? {} : { signal });
    for await (const line of this.#linesOf(response, signal)) {
      if (line.startsWith("data: ")) yield JSON.parse(line.slice(6)) as ControlEvent;
    }
  }

  async #act(path: string, onEvent: ((event: ReloadEvent) => void) | undefined): Promise<Reload> {
    if (onEvent !== undefined) return this.#follow(path, onEvent);
    const response = await this.#fetch(path, { method: "POST" });
    const answer = await this.#bodyOf<Reload | Failure>(response);
    if ("id" in answer) return answer;
    throw fromWire(answer.error);
  }

  async #follow(path: string, onEvent: (event: ReloadEvent) => void): Promise<Reload> {
    const response = await this.#fetch(path, { method: "POST", headers: { accept: "application/x-ndjson" } });
    if (!response.ok) throw fromWire((await this.#bodyOf<Failure>(response)).error);
    for await (const line of this.#linesOf(response)) {
      const event = JSON.parse(line) as ReloadEvent | ReloadRefused;
      if (event.type === "refused") throw fromWire(event.error);
      onEvent(event);
      if (event.type === "end") return event.reload;
    }
    throw this.#gone(new Error("its answer is cut short"));
  }

  async #get<Answer>(path: string): Promise<Answer> {
    const response = await this.#fetch(path, {});
    if (response.ok) return this.#bodyOf<Answer>(response);
    throw fromWire((await this.#bodyOf<Failure>(response)).error);
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`http://hotswap${path}`, { ...init, unix: this.path, timeout: false });
    } catch (error) {
      if (init.signal?.aborted === true) throw error;
      throw this.#gone(error);
    }
  }

  async #bodyOf<Answer>(response: Response): Promise<Answer> {
    try {
      return (await response.json()) as Answer;
    } catch (error) {
      throw this.#gone(error);
    }
  }

  #gone(cause: unknown): HotswapError {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason =
      code === "ENOENT"
        ? "there is no such socket"
        : code === "ECONNREFUSED"
          ? this.#whyRefused()
          : describeError(cause);
    return new HotswapError(
      "HOTSWAP_CONTROL_FAILED",
      `no host answers at ${this.path} (${reason}): start one with new PluginManagerSwapper(dir, { control: "${this.path}" })`,
      { cause },
    );
  }

  #whyRefused(): string {
    const isOther = statSync(this.path, { throwIfNoEntry: false })?.isSocket() === false;
    return isOther ? "it is not a socket" : "the process that made the socket is gone";
  }

  async *#linesOf(response: Response, signal?: AbortSignal): AsyncGenerator<string, void> {
    const decoder = new TextDecoder();
    const chunks = response.body?.values();
    let rest = "";
    for (;;) {
      const chunk = await chunks?.next().catch((error: unknown) => {
        if (signal?.aborted !== true) throw this.#gone(error);
      });
      if (chunk === undefined || chunk.done === true) return;
      const lines = (rest + decoder.decode(chunk.value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield line;
    }
  }
}
