import { takeDevSocket } from "../control/dev-socket.ts";
import { ControlServer } from "../control/server.ts";
import type { ControlTarget } from "../control/target.ts";
import { describeError } from "../errors.ts";
import { runInHost } from "../load/graph.ts";
import { ArtifactWatch } from "../watch/artifact-watch.ts";
import type { ReloadNote } from "../link/note.ts";

export interface TriggerOptions {
  /** Path of the control socket; none is opened unless set. */
  readonly control: string | undefined;
  /** Reload when artifacts are published. */
  readonly watch: boolean;
}

/** What makes a host reload from outside: its control socket, and the watch on its plugin folder, if they were asked for. */
export class Triggers {
  readonly #target: ControlTarget;
  /** Whether `hotswap dev` runs this host: what is saved shall be live at once. */
  readonly underDev: boolean;
  readonly #watches: boolean;
  readonly #sockets: readonly string[];
  readonly #servers: ControlServer[] = [];
  #watch: ArtifactWatch | undefined;
  #opened: Promise<void> | undefined;

  constructor(target: ControlTarget, { control, watch }: TriggerOptions) {
    this.#target = target;
    const devSocket = takeDevSocket();
    this.underDev = devSocket !== undefined;
    // `hotswap dev` has its host reload by itself: a watch would come second, and find nothing to do.
    this.#watches = watch && !this.underDev;
    this.#sockets = [control, devSocket].filter((path) => path !== undefined);
  }

  /** The second call does nothing, unless the first failed. Throws `HOTSWAP_CONTROL_FAILED`. */
  open(): Promise<void> {
    this.#opened ??= this.#open().catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    return this.#opened;
  }

  /** Watches another folder from now on, if one is watched. */
  moveTo(pluginDir: string): void {
    if (this.#watch === undefined) return;
    this.#watch.close();
    this.#watchFolder(pluginDir);
  }

  async close(): Promise<void> {
    this.#opened = undefined;
    this.#watch?.close();
    this.#watch = undefined;
    await Promise.all(this.#servers.splice(0).map((server) => server.close()));
  }

  async #open(): Promise<void> {
    for (const path of this.#sockets) this.#servers.push(await ControlServer.open(path, this.#target));
    if (this.#watches && !this.#target.swapper.staticLinkingMode) this.#watchFolder(this.#target.swapper.pluginDir);
  }

  #watchFolder(dir: string): void {
    const { logger } = this.#target;
    this.#watch = runInHost(
      () =>
        new ArtifactWatch(dir, {
          onPublished: () => this.#reload(dir),
          onError: (error) =>
            logger.error(`${dir} cannot be watched: ${describeError(error)}; call reload() after a build`, error),
        }),
    );
  }

  async #reload(dir: string): Promise<void> {
    const { logger } = this.#target;
    try {
      const changed = await this.#changed();
      if (changed !== undefined && !changed.some(isNews)) return;
      if (changed?.every((note) => note === "removed") === true) {
        logger.warn(
          `${dir} is empty: what was loaded from it stays until there are plugins in it, or reload() is called`,
        );
        return;
      }
      // A reload that fails has said so in its record.
      const record = await this.#target.reload();
      if (!record.ok) logger.error(`what was published in ${dir} is not live: ${record.error.message}`, record.error);
    } catch (error) {
      if (this.#watch === undefined) return;
      logger.error(`what was published in ${dir} is not live: ${describeError(error)}`, error);
    }
  }

  /** What a reload would do; `undefined` when it would fail, and the reload itself shall tell why. */
  async #changed(): Promise<ReloadNote[] | undefined> {
    try {
      return Array.from((await this.#target.swapper.plan()).values());
    } catch {
      return undefined;
    }
  }
}

function isNews(note: ReloadNote): boolean {
  return note !== "unchanged" && note !== "not reloadable";
}
