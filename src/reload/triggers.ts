import { takeDevSocket } from "./dev-socket.ts";
import type { HostTarget } from "./host-target.ts";

export interface TriggerOptions {
  /** Path of the control socket; none is opened unless set. */
  readonly control: string | undefined;
  /** Reload when artifacts are published. */
  readonly watch: boolean;
}

/** Something outside of the core that can make the host reload. */
interface Trigger {
  moveTo?(pluginDir: string): void;
  close(): void | Promise<void>;
}

/**
 * What makes a host reload from outside: its control socket, and the watch on its plugin folder. Their modules are loaded
 * if they were asked for.
 */
export class Triggers {
  readonly #target: HostTarget;
  /** Whether `hotswap dev` runs this host: what is saved shall be live at once. */
  readonly underDev: boolean;
  readonly #watches: boolean;
  readonly #sockets: readonly string[];
  readonly #open: Trigger[] = [];
  #opened: Promise<void> | undefined;

  constructor(target: HostTarget, { control, watch }: TriggerOptions) {
    this.#target = target;
    const devSocket = takeDevSocket();
    this.underDev = devSocket !== undefined;
    // `hotswap dev` has its host reload by itself: a watch would come second, and find nothing to do.
    this.#watches = watch && !this.underDev;
    this.#sockets = [control, devSocket].filter((path) => path !== undefined);
  }

  /** The second call does nothing, unless the first failed. Throws `HOTSWAP_CONTROL_FAILED`. */
  open(): Promise<void> {
    this.#opened ??= this.#openAll().catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    return this.#opened;
  }

  /** Watches another folder from now on, if one is watched. */
  moveTo(pluginDir: string): void {
    for (const trigger of this.#open) trigger.moveTo?.(pluginDir);
  }

  async close(): Promise<void> {
    this.#opened = undefined;
    await Promise.all(this.#open.splice(0).map((trigger) => trigger.close()));
  }

  async #openAll(): Promise<void> {
    if (this.#sockets.length > 0) {
      // oxlint-disable-next-line no-restricted-imports -- loaded when it is asked for
      const { ControlServer } = await import("../control/server.ts");
      for (const path of this.#sockets) this.#open.push(await ControlServer.open(path, this.#target));
    }
    if (this.#watches && !this.#target.swapper.staticLinkingMode) {
      // oxlint-disable-next-line no-restricted-imports -- loaded when it is asked for
      const { PluginDirWatch } = await import("../watch/plugin-dir-watch.ts");
      this.#open.push(new PluginDirWatch(this.#target));
    }
  }
}
