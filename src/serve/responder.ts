import type { Entrance } from "../generation/entrance.ts";
import type { GenerationRecord } from "../generation/generation-record.ts";
import { CallUnderWay } from "../link/call-under-way.ts";
import { isOver } from "../link/calls.ts";
import type { PluginManager } from "../link/manager.ts";
import type { Plugin } from "../link/plugin.ts";
import { isReadByBun, onBodyFailure } from "../load/bodies.ts";
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
export class Responder {
  readonly manager: PluginManager<unknown>;
  readonly #target: Target;
  readonly #plugin: Plugin;
  readonly #record: GenerationRecord;
  readonly #entrance: Entrance;
  readonly #responses: OpenResponses;
  readonly #server: PluginServer;
  readonly #version: readonly [header: string, value: string] | undefined;
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
    this.#responses = responses;
    this.#version = versionHeader === undefined ? undefined : [versionHeader, `${plugin.name}#${plugin.generation}`];
    this.#server = new PluginServer(server, { manager, plugin, version: this.#version, share });
  }

  /** What Bun gets for the request. What the function throws is logged, and goes on to Bun. */
  respond(request: Request, server: Server): unknown {
    let answer: unknown;
    try {
      answer = this.#entrance.enter(this.#target.fn, 2, request, this.#server, undefined);
    } catch (error) {
      return this.fail(request, error);
    }
    if (!(answer instanceof Promise)) return this.finish(request, server, answer);
    const { fn } = this.#target;
    const start = this.#start;
    // Bun answers at once when the promise is fulfilled: one made of it would not be.
    if (isOver(answer, this.#record, fn, start)) return this.finish(request, server, Bun.peek(answer));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const waiting = new WaitingRequest(this.#record, fn, start, { responder: this, request, server, resolve, reject });
    this.manager.calls.follow(answer, waiting);
    return promise;
  }

  finish(request: Request, server: Server, answer: unknown): unknown {
    if (!(answer instanceof Response)) {
      if (answer !== undefined || !this.#server.isUpgraded(request)) this.#target.reportAnswer(this.#plugin, answer);
      return answer;
    }
    if (answer.bodyUsed) this.#target.reportFailure(this.#plugin, bodyUsed());
    if (!isReadByBun(answer)) {
      this.#responses.add(this.manager, this.#plugin, request, answer, server);
      onBodyFailure(answer, (error) => {
        // The client may have left, which ends streams, too.
        if (!request.signal.aborted) this.#target.reportFailure(this.#plugin, error);
      });
    }
    if (this.#version !== undefined) answer.headers.set(...this.#version);
    return answer;
  }

  fail(request: Request, error: unknown): Response {
    return answerFailure(this.#target, this.#plugin, request, error);
  }
}

/** The answer to a failure: 503 when the code is gone. Else it is logged, and thrown on to Bun. */
export function answerFailure(target: Target, plugin: Plugin, request: Request, error: unknown): Response {
  const isGone = isUnavailable(error);
  // A handler that reads what its client does not send any more fails without fault.
  if (isGone || !request.signal.aborted) target.reportFailure(plugin, error);
  if (isGone) return unavailable();
  throw error;
}

interface Waiting {
  readonly responder: Responder;
  readonly request: Request;
  readonly server: Server;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A request whose function has returned a promise. */
class WaitingRequest extends CallUnderWay<unknown> {
  readonly #waiting: Waiting;

  constructor(record: GenerationRecord, name: string, start: number, waiting: Waiting) {
    super(record, name, start);
    this.#waiting = waiting;
  }

  fulfil(answer: unknown): void {
    const { responder, request, server, resolve, reject } = this.#waiting;
    try {
      resolve(responder.finish(request, server, answer));
    } catch (error) {
      reject(error);
    }
  }

  fail(failure: unknown): void {
    const { responder, request, resolve, reject } = this.#waiting;
    try {
      resolve(responder.fail(request, failure));
    } catch (error) {
      reject(error);
    }
  }

  abandon(error: unknown): void {
    this.fail(error);
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
