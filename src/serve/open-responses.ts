import type { GenerationRecord } from "../generation/generation-record.ts";
import type { PluginManager } from "../link/manager.ts";
import type { Plugin } from "../link/plugin.ts";
import { HeldSets } from "./held-sets.ts";
import { needsCode } from "./body.ts";
import type { SetSource } from "./target.ts";

type Manager = PluginManager<unknown>;

/** A response that a plugin returned. */
interface Sent {
  readonly request: Request;
  readonly response: Response;
  manager: Manager;
  plugin: Plugin;
  /** Where it counts as a call, once it was seen under way. */
  record: GenerationRecord | undefined;
}

/** How many responses come in before those that have ended are dropped. */
const YOUNG = 128;

/** In ms: how often all responses are looked at. A set that was swapped out is freed so much later. */
const LOOK_EVERY = 50;

/** Looking takes at most this part of the time, however many responses are open. */
const LOOK_SHARE = 0.02;

/** In s: Bun closes a connection on which nothing has moved for so long. */
const CUT_AFTER = 1;

/**
 * Keeps the set of each response until its body has been sent. A response is not looked at before Bun has taken it: that
 * would change some, and costs more than all the rest. Its request tells whether it is still under way.
 */
export class OpenResponses {
  readonly #source: SetSource;
  readonly #sets = new HeldSets("responses", (manager) => this.#cut(manager));
  #young: Sent[] = [];
  /** Those that were under way when they were looked at. */
  #old: Sent[] = [];
  #isLooking = false;
  #server: Bun.Server<unknown> | undefined;
  /** Asking a server for its port costs as much as a third of a request. */
  #isUnix = false;

  constructor(source: SetSource) {
    this.#source = source;
  }

  /** Takes a response that is about to be handed to Bun. */
  add(manager: Manager, plugin: Plugin, request: Request, response: Response, server: Bun.Server<unknown>): void {
    if (this.#server === undefined) {
      this.#server = server;
      this.#isUnix = server.port === undefined;
    }
    // This request is one of those that are pending.
    if (this.#young.length >= YOUNG) this.#grow(1);
    this.#sets.hold(manager);
    this.#young.push({ request, response, manager, plugin, record: undefined });
    if (this.#isLooking) return;
    this.#isLooking = true;
    setTimeout(this.#lookAtAll, LOOK_EVERY).unref();
  }

  /** Drops the responses that have ended. `own` of the pending requests do not belong to them. */
  #grow(own: 0 | 1): void {
    const young = this.#young;
    this.#young = [];
    // Asking each one separately would double the cost.
    const haveAllEnded = (this.#server?.pendingRequests ?? 0) <= own;
    for (const sent of young) {
      if (!haveAllEnded && (this.#isUnix || this.#isConnected(sent))) this.#old.push(sent);
      else this.#drop(sent);
    }
  }

  readonly #lookAtAll = (): void => {
    const start = performance.now();
    const { current } = this.#source;
    this.#grow(0);
    this.#old = this.#old.filter((sent) => {
      if (this.#isUnderWay(sent) && (sent.manager === current || this.#stays(sent, current))) {
        sent.record ??= countCall(sent.plugin);
        return true;
      }
      this.#drop(sent);
      return false;
    });
    const pause = Math.max(LOOK_EVERY, (performance.now() - start) / LOOK_SHARE);
    this.#isLooking = this.#old.length > 0;
    if (this.#isLooking) setTimeout(this.#lookAtAll, pause).unref();
  };

  /** Whether a response of a set that was swapped out still needs its code, perhaps in the current set. */
  #stays(sent: Sent, current: Manager | undefined): boolean {
    if (!needsCode(sent.response)) return false;
    const plugin = current?.findPlugin(sent.plugin.name);
    if (current !== undefined && plugin?.generation === sent.plugin.generation) {
      this.#sets.hold(current);
      this.#sets.release(sent.manager);
      sent.manager = current;
      sent.plugin = plugin;
    }
    return true;
  }

  /** The set is retired although it is used. */
  #cut(manager: Manager): void {
    const cut = new Map<Plugin, number>();
    this.#grow(0);
    this.#old = this.#old.filter((sent) => {
      if (sent.manager !== manager) return true;
      if (this.#isUnderWay(sent) && this.#stays(sent, this.#source.current)) {
        if (sent.manager !== manager) return true;
        this.#server?.timeout(sent.request, CUT_AFTER);
        cut.set(sent.plugin, (cut.get(sent.plugin) ?? 0) + 1);
      }
      this.#drop(sent);
      return false;
    });
    for (const [{ name, generation }, count] of cut) {
      this.#source.logger.warn(
        `${name}#${generation}: ${count} of its responses were still being sent when its set was retired: their connections are closed`,
      );
    }
  }

  #isUnderWay(sent: Sent): boolean {
    return this.#isUnix ? sent.response.bodyUsed && needsCode(sent.response) : this.#isConnected(sent);
  }

  /** Bun knows the address of a client as long as its request is under way; on a Unix socket there is none. */
  #isConnected({ request }: Sent): boolean {
    return this.#server?.requestIP(request) !== null;
  }

  #drop(sent: Sent): void {
    if (sent.record !== undefined) sent.record.calls--;
    this.#sets.release(sent.manager);
  }
}

function countCall(plugin: Plugin): GenerationRecord {
  const { record } = plugin.source;
  record.calls++;
  return record;
}
