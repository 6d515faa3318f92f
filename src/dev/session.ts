import type { BuildOptions, BuildResult } from "../build/index.ts";
import { displayPath } from "../build/diagnostic.ts";
import { fillOptions } from "../build/options.ts";
import type { ControlClient } from "../control/client.ts";
import type { Reload, Status } from "../control/protocol.ts";
import { filesNamedBy, HostFiles, hostFilesOf } from "./host-files.ts";
import { HostProcess } from "./host-process.ts";
import { type Built, PluginBuilder } from "./plugin-builder.ts";
import { sourceFrame, type SourcePlace } from "./stack-frame.ts";

/** What happens while plugins are developed. */
export type DevEvent =
  | { readonly type: "built"; readonly result: BuildResult; readonly again: boolean }
  | { readonly type: "build failed"; readonly error: unknown }
  | { readonly type: "waiting"; readonly plugins: readonly string[] }
  | { readonly type: "host started"; readonly pid: number }
  | { readonly type: "host ready"; readonly status: Status }
  | { readonly type: "host silent" }
  | { readonly type: "host ended"; readonly how: number | NodeJS.Signals }
  /** `since` is how many ms ago the first change that it is about was noticed; `undefined` when somebody asked for it. */
  | {
      readonly type: "reloaded";
      readonly reload: Reload;
      readonly since: number | undefined;
      /** Of a reload that failed: the place in a plugin's source with the lines around it, if there is one. */
      readonly frame: string | undefined;
    }
  | { readonly type: "restart needed"; readonly files: readonly string[] }
  | { readonly type: "failed"; readonly what: string; readonly error: unknown };

export interface DevSessionOptions {
  /** One for each plugin. */
  readonly plugins: readonly BuildOptions[];
  /** Starts the host; without one, plugins are only built. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly onEvent: (event: DevEvent) => void;
}

interface DevPlugin extends SourcePlace {
  readonly builder: PluginBuilder;
  /** Whether the newest build succeeded; `undefined` before the first. */
  built: boolean | undefined;
}

/** Keeps artifacts up to date with their source, and a running host with the artifacts. */
export class DevSession implements AsyncDisposable {
  readonly #options: DevSessionOptions;
  readonly #plugins: DevPlugin[] = [];
  readonly #hostFiles: HostFiles;
  #host: HostProcess | undefined;
  #client: ControlClient | undefined;
  /** Whether something was built since everything was up to date. */
  #news = false;
  /** When the first change was noticed that the host does not have yet. */
  #publishedSince: number | undefined;
  #restartNeeded = false;
  /** What is asked of the host, one after the other. */
  #asking: Promise<void> = Promise.resolve();
  #restarting: Promise<void> | undefined;
  #closed = false;

  /** Throws HOTSWAP_BUILD_FAILED when options of a build cannot be used. */
  constructor(options: DevSessionOptions) {
    this.#options = options;
    this.#hostFiles = new HostFiles({
      pluginDirs: options.plugins.map((build) => fillOptions(build).pluginDir),
      onChange: (files) => {
        this.#restartNeeded = files.length > 0;
        this.#tell({ type: "restart needed", files });
      },
      onError: (error) => this.#failed("the host's files cannot be watched", error),
    });
  }

  /** Builds every plugin, starts the host, and follows the source from here on. */
  start(): void {
    const { plugins, command, cwd } = this.#options;
    if (command.length > 0) this.#hostFiles.add(filesNamedBy(command, cwd));
    for (const build of plugins) this.#addPlugin(build);
  }

  /** Has the host reload, or starts it anew when that is needed or it has ended. */
  async reload(): Promise<void> {
    if (this.#restartNeeded || this.#host === undefined) await this.restart();
    else await this.#ask("the host could not be asked to reload", (client) => this.#reload(client, undefined));
  }

  async rollback(): Promise<void> {
    await this.#ask("the host could not be asked to roll back", async (client) => {
      this.#reloaded(await client.rollback(), undefined);
    });
  }

  /** What the host says of itself; `undefined` when it does not answer, which is reported. */
  async status(): Promise<Status | undefined> {
    let status: Status | undefined;
    await this.#ask("the host does not say how it does", async (client) => {
      status = await client.status();
    });
    return status;
  }

  /** Ends the host, if it runs, and starts it with its files as they are now. */
  async restart(): Promise<void> {
    // Pressed twice, it is one restart.
    this.#restarting ??= this.#stopHost().then(() => {
      this.#restarting = undefined;
      this.#startHost();
    });
    await this.#restarting;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const { builder } of this.#plugins) builder.close();
    this.#hostFiles[Symbol.dispose]();
    await this.#restarting;
    await this.#stopHost();
  }

  #addPlugin(build: BuildOptions): void {
    const { pluginDir: dir, root } = fillOptions(build);
    const plugin: DevPlugin = {
      dir,
      root,
      built: undefined,
      builder: new PluginBuilder({
        build,
        // Without a host, artifacts are all that is wanted of it: they are those that a build makes.
        incremental: this.#options.command.length > 0,
        onBuilt: (built) => this.#built(plugin, built),
        onIdle: () => this.#idle(),
        onError: (error) => this.#failed(`${build.pluginDir} cannot be watched`, error),
      }),
    };
    this.#plugins.push(plugin);
  }

  #built(plugin: DevPlugin, built: Built): void {
    const again = plugin.built === false;
    plugin.built = built.ok;
    this.#news = true;
    if (!built.ok) {
      this.#tell({ type: "build failed", error: built.error });
      return;
    }
    const { result, since } = built;
    this.#tell({ type: "built", result, again });
    if (this.#options.command.length > 0) this.#hostFiles.add(hostFilesOf(result, plugin.root));
    if (!result.unchanged) this.#publishedSince ??= since;
  }

  /** When nothing is left to be built, what was built together goes to the host together. */
  #idle(): void {
    if (!this.#news || this.#plugins.some(({ builder }) => builder.busy)) return;
    this.#news = false;
    if (this.#options.command.length === 0) return;
    if (this.#client !== undefined) {
      void this.#ask("the host could not be asked to reload", (client) => this.#reloadPublished(client));
    } else if (this.#host === undefined) {
      const missing = this.#plugins.filter(({ built }) => built !== true).map(({ dir }) => displayPath(dir));
      if (missing.length > 0) this.#tell({ type: "waiting", plugins: missing });
      else this.#startHost();
    }
  }

  #startHost(): void {
    if (this.#closed || this.#host !== undefined || this.#restarting !== undefined) return;
    const { command, cwd } = this.#options;
    this.#restartNeeded = false;
    this.#hostFiles.restarted();
    try {
      this.#host = new HostProcess({
        command,
        cwd,
        onReady: (client) => void this.#ready(client),
        onSilent: () => this.#tell({ type: "host silent" }),
        onExit: (how) => {
          this.#host = undefined;
          this.#client = undefined;
          this.#tell({ type: "host ended", how });
        },
      });
      this.#tell({ type: "host started", pid: this.#host.pid });
    } catch (error) {
      this.#failed(`${command.join(" ")} could not be started`, error);
    }
  }

  async #stopHost(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    this.#client = undefined;
    await host?.stop();
  }

  /** The host opens its socket before it loads, and answers after that. */
  async #ready(client: ControlClient): Promise<void> {
    this.#client = client;
    await this.#ask("the host did not load its plugins", async () => {
      // What was published before it looked, it has loaded; what came later, it has not.
      const { plugins } = await client.plan();
      const late = plugins.some(({ note }) => note === "ok" || note === "removed");
      this.#publishedSince = undefined;
      this.#tell({ type: "host ready", status: await client.status() });
      if (late) await this.#reload(client, undefined);
    });
  }

  async #reloadPublished(client: ControlClient): Promise<void> {
    const since = this.#publishedSince;
    this.#publishedSince = undefined;
    if (since !== undefined) await this.#reload(client, since);
  }

  async #reload(client: ControlClient, since: number | undefined): Promise<void> {
    this.#reloaded(await client.reload(), since);
  }

  #reloaded(reload: Reload, noticed: number | undefined): void {
    const stack = reload.ok ? undefined : reload.error.stack;
    this.#tell({
      type: "reloaded",
      reload,
      since: noticed === undefined ? undefined : performance.now() - noticed,
      frame: stack === undefined ? undefined : sourceFrame(stack, this.#plugins),
    });
  }

  async #ask(what: string, question: (client: ControlClient) => Promise<void>): Promise<void> {
    const turn = this.#asking.then(async () => {
      const client = this.#client;
      try {
        if (client === undefined) throw new Error("it is not running, or not ready yet");
        await question(client);
      } catch (error) {
        // A host that ends while it is asked is reported by its end.
        if (client === this.#client) this.#failed(what, error);
      }
    });
    this.#asking = turn;
    await turn;
  }

  #failed(what: string, error: unknown): void {
    this.#tell({ type: "failed", what, error });
  }

  #tell(event: DevEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }
}
