import type { GenerationRecord } from "../generation/generation-record.ts";
import type { PluginManager } from "../link/manager.ts";
import type { Plugin } from "../link/plugin.ts";
import { HeldSets } from "./held-sets.ts";
import type { SetSource, Target } from "./target.ts";

type Manager = PluginManager<unknown>;
type Socket = Bun.ServerWebSocket<unknown>;

/** Who made a socket of a request. */
export interface Opener {
  readonly manager: Manager;
  readonly plugin: Plugin;
}

interface Pinned {
  /** The set that its events go to; `undefined` once it was closed because its set is retired. */
  manager: Manager | undefined;
  plugin: Plugin;
  readonly record: GenerationRecord;
}

/** The code of a WebSocket that is closed because the service restarts: clients connect again. */
const SERVICE_RESTART = 1012;

/**
 * The sockets whose data is a plugin's: their events go to the set that opened them, which is kept until they close. When it
 * is retired before, they are closed.
 */
export class PinnedSockets {
  readonly #source: SetSource;
  readonly #targets: () => readonly Target[];
  readonly #sets = new HeldSets("sockets", (manager) => this.#cut(manager));
  readonly #expected = new WeakMap<object, Opener>();
  readonly #pinned = new Map<Socket, Pinned>();
  #unsubscribe: (() => void) | undefined;

  /** `targets` are the functions that events of sockets lead to. */
  constructor(source: SetSource, targets: () => readonly Target[]) {
    this.#source = source;
    this.#targets = targets;
  }

  get count(): number {
    return this.#pinned.size;
  }

  /** A socket with this data is about to open. */
  expect(data: object, opener: Opener): void {
    this.#expected.set(data, opener);
  }

  /** It does not. */
  forget(data: object): void {
    this.#expected.delete(data);
  }

  opened(socket: Socket): void {
    const { data } = socket;
    const opener = typeof data === "object" && data !== null ? this.#expected.get(data) : undefined;
    if (opener === undefined) return;
    this.#expected.delete(data as object);
    const { manager, plugin } = opener;
    const { record } = plugin.source;
    record.sockets++;
    this.#sets.hold(manager);
    this.#pinned.set(socket, { manager, plugin, record });
    this.#unsubscribe ??= this.#source.subscribe((news) => {
      if (news.type === "end" && news.record.ok) this.#moveOn();
    });
  }

  closed(socket: Socket): void {
    const pinned = this.#pinned.get(socket);
    if (pinned === undefined) return;
    this.#pinned.delete(socket);
    pinned.record.sockets--;
    if (pinned.manager !== undefined) this.#sets.release(pinned.manager);
    if (this.#pinned.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  /** The set that an event of this socket goes to. */
  managerOf(socket: Socket): Manager | undefined {
    if (this.#pinned.size === 0) return this.#source.current;
    const pinned = this.#pinned.get(socket);
    return pinned === undefined ? this.#source.current : pinned.manager;
  }

  /** Whether the socket was closed because its set is retired. Further events of it are ignored. */
  isCut(socket: Socket): boolean {
    const pinned = this.#pinned.get(socket);
    return pinned !== undefined && pinned.manager === undefined;
  }

  /** Moves sockets to the current set where nothing that they need was replaced. */
  #moveOn(): void {
    for (const pinned of this.#pinned.values()) this.#move(pinned);
  }

  #move(pinned: Pinned): boolean {
    const { current } = this.#source;
    const { manager } = pinned;
    if (manager === undefined || current === undefined || manager === current) return false;
    const names = [pinned.plugin.name, ...this.#targets().map(({ plugin }) => plugin)];
    const generation = (set: Manager, name: string): number | undefined => set.findPlugin(name)?.generation;
    if (names.some((name) => generation(current, name) !== generation(manager, name))) return false;
    const plugin = current.findPlugin(pinned.plugin.name);
    if (plugin === undefined) return false;
    this.#sets.hold(current);
    this.#sets.release(manager);
    pinned.manager = current;
    pinned.plugin = plugin;
    return true;
  }

  /** The set is retired although sockets use it. */
  #cut(manager: Manager): void {
    const closed = new Map<GenerationRecord, number>();
    for (const [socket, pinned] of Array.from(this.#pinned)) {
      if (pinned.manager !== manager || this.#move(pinned)) continue;
      closed.set(pinned.record, (closed.get(pinned.record) ?? 0) + 1);
      // Its handler for this is called now, while there is its code.
      socket.close(SERVICE_RESTART, "service restart");
      if (!this.#pinned.has(socket)) continue;
      pinned.manager = undefined;
      this.#sets.release(manager);
    }
    for (const [record, count] of closed) {
      this.#source.logger.warn(
        `${record}: its set is retired, so ${count} of its sockets ${count === 1 ? "is" : "are"} closed with ${SERVICE_RESTART} (service restart)`,
      );
    }
  }
}
