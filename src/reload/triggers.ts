import { takeDevSocket } from "../control/dev-socket.ts";
import { ControlServer } from "../control/server.ts";
import type { ControlTarget } from "../control/target.ts";

export interface TriggerOptions {
  /** Path of the control socket; none is opened unless set. */
  readonly control: string | undefined;
}

/** What makes a host reload from outside: its control socket. It is there only when it was asked for. */
export class Triggers {
  readonly #target: ControlTarget;
  readonly #sockets: readonly string[];
  #servers: ControlServer[] = [];
  #opened: Promise<void> | undefined;

  constructor(target: ControlTarget, { control }: TriggerOptions) {
    this.#target = target;
    this.#sockets = [control, takeDevSocket()].filter((path) => path !== undefined);
  }

  /** The second call does nothing, unless the first failed. Throws `HOTSWAP_CONTROL_FAILED`. */
  open(): Promise<void> {
    this.#opened ??= this.#open().catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    return this.#opened;
  }

  async close(): Promise<void> {
    this.#opened = undefined;
    await Promise.all(this.#servers.splice(0).map((server) => server.close()));
  }

  async #open(): Promise<void> {
    for (const path of this.#sockets) this.#servers.push(await ControlServer.open(path, this.#target));
  }
}
