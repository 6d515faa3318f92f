import type { Entrance } from "../generation/entrance.ts";
import type { GenerationRecord } from "../generation/generation-record.ts";
import { CallUnderWay } from "../link/call-under-way.ts";
import { isOver } from "../link/calls.ts";
import type { PluginManager } from "../link/manager.ts";
import type { Plugin } from "../link/plugin.ts";
import { type BodyListener, isReadByBun, listenToBody } from "../load/bodies.ts";
import type { OpenResponses } from "./open-responses.ts";
import { PluginServer, type ServerShare } from "./server-handle.ts";
import { isUnavailable, type Target } from "./target.ts";

type Server = Bun.Server<unknown>;

/** What all request handlers of a server share. */
export interface ResponderOptions {
  /** The response header that says which generation answered. */
  readonly versionHeader: string | undefined;
  readonly responses: OpenResponses;
  readonly share: ServerShare;
}

/** Answers requests with a function of one set. What it returns is handed on to Bun as it is. */
export class Responder implements BodyListener {
  readonly manager: PluginManager<unknown>;
  readonly #target: Target;
  readonly #plugin: Plugin;
  readonly #record: GenerationRecord;
  readonly #entrance: Entrance;
  readonly #responses: OpenResponses;
  readonly #share: ServerShare;
  readonly #bun: Server;
  readonly #server: PluginServer;
  readonly #version: readonly [header: string, value: string] | undefined;
  readonly #resting: WaitingRequest[] = [];
  /** When the newest call that returned a promise began, in ns; 0 when nobody looked. */
  #start = 0;

  /** `plugin` is the target's in the set. To be called where Bun calls its handlers. */
  constructor(
    manager: PluginManager<unknown>,
    plugin: Plugin,
    server: Server,
    target: Target,
    { versionHeader, responses, share }: ResponderOptions,
  ) {
    this.manager = manager;
    this.#target = target;
    this.#plugin = plugin;
    this.#record = plugin.source.record;
    // Bun calls all handlers of a server in the context in which it got them.
    this.#entrance = plugin.fromHere(target.entrance(plugin), target.fn, (result, _name, _owner, start) => {
      this.#start = start;
      return result;
    });
    this.#bun = server;
    this.#responses = responses;
    this.#share = share;
    this.#version = versionHeader === undefined ? undefined : [versionHeader, `${plugin.name}#${plugin.generation}`];
    this.#server = new PluginServer(server, { manager, plugin, version: this.#version, share });
  }

  /** What Bun gets for the request. What the function throws is logged, and goes on to Bun. */
  respond(request: Request): unknown {
    let answer: unknown;
    try {
      answer = this.#entrance.enter(this.#target.fn, 2, request, this.#server, undefined);
    } catch (error) {
      return this.fail(request, error);
    }
    if (!(answer instanceof Promise)) return this.finish(request, answer);
    const { fn } = this.#target;
    const start = this.#start;
    // Bun answers at once when the promise is fulfilled: one made of it would not be.
    if (isOver(answer, this.#record, fn, start)) return this.finish(request, Bun.peek(answer));
    const waiting = this.#resting.pop() ?? new WaitingRequest(this, this.#record, fn);
    return waiting.wait(answer, start, request);
  }

  /** Takes what a request waited with, for the next. */
  rest(waiting: WaitingRequest): void {
    this.#resting.push(waiting);
  }

  finish(request: Request, answer: unknown): unknown {
    if (!(answer instanceof Response)) {
      if (answer !== undefined || !this.#server.isUpgraded(request)) this.#target.reportAnswer(this.#plugin, answer);
      return answer;
    }
    if (answer.bodyUsed) this.#target.reportFailure(this.#plugin, bodyUsed());
    if (!isReadByBun(answer)) {
      this.#responses.add(this.manager, this.#plugin, request, answer, this.#bun);
      listenToBody(answer, this, request);
    }
    if (this.#version !== undefined) answer.headers.set(...this.#version);
    return answer;
  }

  bodyFailed(request: Request, error: unknown): void {
    // The client may have left, which ends streams, too.
    if (!request.signal.aborted) this.#target.reportFailure(this.#plugin, error);
  }

  fail(request: Request, error: unknown): Response {
    return answerFailure(this.#target, this.#plugin, request, error, this.#share.leaveToBun);
  }
}

/** The answer to a failure: 503 when the code is gone. Else it is logged, unless Bun tells of it, and thrown on. */
export function answerFailure(
  target: Target,
  plugin: Plugin,
  request: Request,
  error: unknown,
  leaveToBun = (): boolean => false,
): Response {
  const isGone = isUnavailable(error);
  // A handler that reads what its client does not send any more fails without fault.
  if (isGone || (!request.signal.aborted && !leaveToBun())) target.reportFailure(plugin, error);
  if (isGone) return unavailable();
  throw error;
}

const { then: builtInThen } = Promise.prototype;

/**
 * A request whose function has returned a promise. It is used for one request after the other, with the functions that were
 * made for the first: what one request allocates has its part in every collection of garbage.
 */
class WaitingRequest extends CallUnderWay<unknown> {
  readonly #responder: Responder;
  readonly #onFulfilled: (answer: unknown) => void;
  readonly #onRejected: (error: unknown) => void;
  readonly #executor: (resolve: (answer: unknown) => void, reject: (error: unknown) => void) => void;
  #request: Request | undefined;
  #resolve: ((answer: unknown) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #isReusable = true;

  constructor(responder: Responder, record: GenerationRecord, name: string) {
    super(record, name);
    const { calls } = responder.manager;
    this.#responder = responder;
    this.#onFulfilled = (answer) => calls.fulfilled(this, answer);
    this.#onRejected = (error) => calls.rejected(this, error);
    this.#executor = (resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    };
  }

  /** What Bun gets for the promise. */
  wait(answer: Promise<unknown>, start: number, request: Request): Promise<unknown> {
    this.#request = request;
    const promise = new Promise(this.#executor);
    this.begin(start);
    this.#responder.manager.calls.add(this);
    // A promise of the plugin's own kind may call twice, which must not answer another request.
    if (answer.then !== builtInThen) this.#isReusable = false;
    answer.then(this.#onFulfilled, this.#onRejected);
    return promise;
  }

  fulfil(answer: unknown): void {
    // Its set was retired before.
    if (this.#request === undefined) return;
    try {
      this.#resolve?.(this.#responder.finish(this.#request, answer));
    } catch (error) {
      this.#reject?.(error);
    }
  }

  fail(failure: unknown): void {
    if (this.#request === undefined) return;
    try {
      this.#resolve?.(this.#responder.fail(this.#request, failure));
    } catch (error) {
      this.#reject?.(error);
    }
  }

  abandon(error: unknown): void {
    this.fail(error);
    this.#forget();
  }

  override end(): void {
    super.end();
    this.#forget();
    if (this.#isReusable) this.#responder.rest(this);
  }

  #forget(): void {
    this.#request = undefined;
    this.#resolve = undefined;
    this.#reject = undefined;
  }
}

/** The answer when there is no function. */
export function unavailable(): Response {
  const headers = { "content-type": "text/plain" };
  return new Response("Service Unavailable\n", { status: 503, statusText: "Service Unavailable", headers });
}

function bodyUsed(): TypeError {
  return new TypeError(
    "the body of the response it returned was used already: a Response can be sent once, so make a new one for each request",
  );
}
