import type { ArtifactSource } from "./artifact-source.ts";
import { type DevEnvironment, isSameFolder, takeDevEnvironment } from "./dev-environment.ts";
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
 * What makes a host reload from outside: its control socket, the watch on its plugin folder, and the builder of the development
 * loop. Their modules are loaded if they were asked for.
 */
export class Triggers {
  readonly #target: HostTarget;
  /** `hotswap dev` runs this host, so a save must be live at once. */
  readonly #dev: DevEnvironment | undefined;
  readonly #watches: boolean;
  readonly #control: string | undefined;
  readonly #open: Trigger[] = [];
  #source: ArtifactSource | undefined;
  #opened: Promise<void> | undefined;

  constructor(target: HostTarget, { control, watch }: TriggerOptions) {
    const { staticLinkingMode, pluginDir } = target.swapper;
    this.#target = target;
    this.#dev = staticLinkingMode ? undefined : takeDevEnvironment(pluginDir);
    this.#watches = watch && !staticLinkingMode && this.#dev === undefined;
    this.#control = control;
  }

  /** Whether `hotswap dev` runs this host, and tells of its reloads. */
  get underDev(): boolean {
    return this.#dev !== undefined;
  }

  /** The second call does nothing, unless the first failed. Throws `HOTSWAP_CONTROL_FAILED`. */
  open(): Promise<void> {
    this.#opened ??= this.#openAll().catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    return this.#opened;
  }

  /** What takes the place of the artifacts in `pluginDir`, once everything is open. */
  sourceOf(pluginDir: string): ArtifactSource | undefined {
    return this.#dev !== undefined && isSameFolder(this.#dev.outputDir, pluginDir) ? this.#source : undefined;
  }

  /** Resolves, when everything that happened so far was told, to whether a developer listens. */
  async told(): Promise<boolean> {
    return (await this.#source?.told()) ?? false;
  }

  /** Watches another folder from now on, if one is watched. */
  moveTo(pluginDir: string): void {
    for (const trigger of this.#open) trigger.moveTo?.(pluginDir);
  }

  /** Ends the wait for builds. Call {@link close} next. */
  async endBuilds(): Promise<void> {
    await this.#source?.close();
  }

  async close(): Promise<void> {
    this.#opened = undefined;
    await this.endBuilds();
    this.#source = undefined;
    await Promise.all(this.#open.splice(0).map((trigger) => trigger.close()));
  }

  async #openAll(): Promise<void> {
    if (this.#control !== undefined) {
      // oxlint-disable-next-line no-restricted-imports -- loaded when it is asked for
      const { ControlServer } = await import("../control/server.ts");
      this.#open.push(await ControlServer.open(this.#control, this.#target));
    }
    if (this.#dev !== undefined) {
      // oxlint-disable-next-line no-restricted-imports -- loaded when it is asked for
      const { HostSession } = await import("../dev/in-host/host-session.ts");
      this.#source = await HostSession.open(this.#dev, this.#target);
    }
    if (this.#watches) {
      // oxlint-disable-next-line no-restricted-imports -- loaded when it is asked for
      const { PluginDirWatch } = await import("../watch/plugin-dir-watch.ts");
      this.#open.push(new PluginDirWatch(this.#target));
    }
  }
}
