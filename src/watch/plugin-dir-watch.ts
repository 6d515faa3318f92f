import { describeError } from "../errors.ts";
import type { ReloadNote } from "../link/note.ts";
import { runInHost } from "../run-in-host.ts";
import type { HostTarget } from "../reload/host-target.ts";
import { ArtifactWatch } from "./artifact-watch.ts";

/** Has a host reload when artifacts are published in its plugin folder. */
export class PluginDirWatch {
  readonly #target: HostTarget;
  #watch: ArtifactWatch | undefined;

  constructor(target: HostTarget) {
    this.#target = target;
    this.#watchFolder(target.swapper.pluginDir);
  }

  /** Watches another folder from now on. */
  moveTo(pluginDir: string): void {
    this.#watch?.close();
    this.#watchFolder(pluginDir);
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
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
      // After a failed reload, the folder may match again what is live. A reload records that for whoever looks.
      const isMended = this.#target.swapper.reloads.at(-1)?.ok === false;
      if (changed !== undefined && !changed.some(isNews) && !isMended) return;
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

  /** What a reload would do; `undefined` when it would fail: then the reload itself says why. */
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
