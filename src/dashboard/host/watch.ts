import { type ControlEvent, PROTOCOL, type Status } from "../../control/protocol.ts";
import { describeError } from "../../errors.ts";
import type { Feed, FeedPart, Settings } from "../feed.ts";
import type { ShownHost } from "./shown-host.ts";
import { Spans } from "./spans.ts";

/** Hears of every part of the feed that changed. */
export type FeedListener = (part: FeedPart) => void;

/** What the host is asked for. */
type Question = "status" | "generations" | "reloads" | "vault";

const ALL: readonly Question[] = ["status", "generations", "reloads", "vault"];

/** In ms: how long after it was lost the host is looked for again. */
const RETRY_AFTER = 1000;
/**
 * In ms: how often the vault's keys are asked for, because the host sends no news of them. It also shows that the host
 * is alive.
 */
const ASK_VAULT_EVERY = 2000;
/** In ms: a host that answers no question for so long is gone. */
const ANSWER_WITHIN = 5000;

/** Follows a host while somebody listens, and keeps what is known of it. */
export class HostWatch {
  readonly #host: ShownHost;
  readonly #listeners = new Set<FeedListener>();
  readonly #spans = new Spans();
  readonly #written = new Map<FeedPart, string>();
  #feed: Feed;
  #watching: AbortController | undefined;

  constructor(host: ShownHost, settings: Settings) {
    this.#host = host;
    this.#feed = {
      settings,
      host: { state: "connecting" },
      status: null,
      generations: [],
      reloads: [],
      vault: null,
      running: null,
    };
  }

  /** What is known by now. */
  get feed(): Feed {
    return this.#feed;
  }

  /** Follows the host until the returned function is called, and as long as anybody else listens. */
  subscribe(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    if (this.#watching === undefined) {
      this.#watching = new AbortController();
      void this.#watch(this.#watching.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  /** Stops following the host. */
  close(): void {
    this.#watching?.abort();
    this.#watching = undefined;
    this.#listeners.clear();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const reason = await this.#follow(signal);
      if (signal.aborted) return;
      const { host } = this.#feed;
      const since = host.state === "gone" ? host.since : Date.now();
      this.#set("running", null);
      this.#set("host", { state: "gone", since, reason });
      await pause(RETRY_AFTER, signal);
    }
  }

  /** One connection, from its begin to its end; resolves to why it ended. */
  async #follow(signal: AbortSignal): Promise<string> {
    const connection = new AbortController();
    const broken = (error: unknown): void => connection.abort(error);
    const questions = new Questions((question) => this.#put(question));
    // A host that is stopped keeps its socket: only silence shows it.
    const silence = setTimeout(() => broken(silent()), ANSWER_WITHIN);
    let pulse: Timer | undefined;
    try {
      for await (const event of this.#host.events(AbortSignal.any([signal, connection.signal]))) {
        const asked = this.#hear(event);
        if (event.type !== "hello") {
          questions.ask(...asked).catch(broken);
          continue;
        }
        clearTimeout(silence);
        await questions.ask(...asked);
        this.#set("host", { state: "up", since: Date.now() });
        pulse = setInterval(() => questions.ask("vault", "status").catch(broken), ASK_VAULT_EVERY);
      }
      if (connection.signal.aborted) throw connection.signal.reason;
      return "it closed the connection";
    } catch (error) {
      return describeError(connection.signal.aborted ? connection.signal.reason : error);
    } finally {
      clearTimeout(silence);
      clearInterval(pulse);
      connection.abort();
    }
  }

  /** Takes an event, and returns what to ask for because of it. */
  #hear(event: ControlEvent): readonly Question[] {
    switch (event.type) {
      case "hello":
        requireProtocol(event.protocol);
        return ALL;
      case "start":
        this.#set("running", {
          id: event.id,
          kind: event.kind,
          startedAt: Date.parse(event.startedAt),
          phase: null,
          done: 0,
          total: 0,
        });
        return [];
      case "progress": {
        const { running } = this.#feed;
        if (running?.id !== event.id) return [];
        this.#set("running", { ...running, phase: event.phase, done: event.done, total: event.total });
        return [];
      }
      case "end":
        this.#set("running", null);
        return ALL;
      case "generations":
        return ["generations"];
      case "error":
      case "probation":
        return ["status"];
      case "leak":
        return ["status", "generations"];
      default:
        return event satisfies never;
    }
  }

  async #put(question: Question): Promise<void> {
    switch (question) {
      case "status":
        return this.#takeStatus(await answerOf(this.#host.status()));
      case "generations":
        this.#spans.update((await answerOf(this.#host.generations())).generations, Date.now());
        return this.#set("generations", this.#spans.list());
      case "reloads":
        return this.#set("reloads", (await answerOf(this.#host.reloads())).reloads);
      case "vault":
        return this.#set("vault", await answerOf(this.#host.vaultKeys()));
      default:
        return question satisfies never;
    }
  }

  #takeStatus(status: Status): void {
    const before = this.#feed.status;
    const { uptime, ...rest } = status;
    const sameProcess = before?.pid === status.pid;
    if (before !== null && !sameProcess) this.#spans.clear();
    const startedAt = sameProcess ? before.startedAt : Math.round(Date.now() - uptime);
    this.#set("status", { ...rest, startedAt });
  }

  #set<Part extends FeedPart>(part: Part, value: Feed[Part]): void {
    const text = JSON.stringify(value);
    if (this.#written.get(part) === text) return;
    this.#written.set(part, text);
    this.#feed = { ...this.#feed, [part]: value };
    for (const listener of this.#listeners) listener(part);
  }
}

/** Asks one question after the other. A question that is already waiting is not added again. */
class Questions {
  readonly #put: (question: Question) => Promise<void>;
  readonly #waiting = new Set<Question>();
  #round: Promise<void> | undefined;

  constructor(put: (question: Question) => Promise<void>) {
    this.#put = put;
  }

  /** Resolves when these, and all that wait, are answered. */
  ask(...questions: readonly Question[]): Promise<void> {
    for (const question of questions) this.#waiting.add(question);
    this.#round ??= this.#putAll().finally(() => (this.#round = undefined));
    return this.#round;
  }

  async #putAll(): Promise<void> {
    for (const question of this.#waiting) {
      this.#waiting.delete(question);
      await this.#put(question);
    }
  }
}

function requireProtocol(protocol: number): void {
  if (protocol === PROTOCOL) return;
  throw new Error(`the host speaks version ${protocol} of the control protocol, and this dashboard ${PROTOCOL}`);
}

/** The answer, if it comes in time. */
async function answerOf<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(silent()), ANSWER_WITHIN);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function silent(): Error {
  return new Error(`it says nothing for ${ANSWER_WITHIN / 1000} s`);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}
