import { tmpdir } from "node:os";
import { resolve } from "node:path";
import type { ControlClient } from "../control/client.ts";
import type { Status, WireError } from "../control/protocol.ts";
import { isHotswapError } from "../errors.ts";
import { OwnFolder } from "../load/copies/own-folder.ts";
import { environmentBeside, environmentFiles, filesNamedBy, HostFiles } from "./host-files.ts";
import { HostProcess } from "./host-process.ts";
import { NextSave } from "./next-save.ts";
import type { ReloadPhase } from "../reload/reload-log.ts";
import type { DevBuilds } from "./in-host/host-session.ts";
import type { DevReport } from "./report.ts";
import { requireSole } from "./sole-session.ts";
import { PluginFolders } from "./source/plugin-folders.ts";

/** What happens while plugins are developed: what the host reports, and what becomes of the host. */
export type DevEvent =
  | DevReport
  | { readonly type: "host started"; readonly pid: number }
  | { readonly type: "host silent" }
  /** By itself; `step` is what a reload was at meanwhile. */
  | { readonly type: "host ended"; readonly how: number | NodeJS.Signals; readonly step?: ReloadPhase | undefined }
  /** Something was asked of the host that it cannot do now. */
  | { readonly type: "not done"; readonly what: string; readonly error: WireError }
  | { readonly type: "host starting" }
  /** Files of the host are not, or again, what they were when it started; `restarts` says that it is started anew. */
  | { readonly type: "host changed"; readonly files: readonly string[]; readonly restarts: boolean };

export interface DevSessionOptions extends DevBuilds {
  /** Restart the host when its own files change; otherwise it is only said. */
  readonly restart: boolean;
  /** Whether the host gets our standard input; on a terminal the keys are ours. */
  readonly givesInput: boolean;
  /** Starts the host. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly onEvent: (event: DevEvent) => void;
}

/** In ms: a host that has not loaded its plugins after this time is not waited for any longer. */
const PATIENCE = 1000;

/** Starts a host that builds its plugins itself, watches over it, and passes on what it reports. */
export class DevSession implements AsyncDisposable {
  readonly #options: DevSessionOptions;
  readonly #folders: PluginFolders;
  readonly #env: NodeJS.ProcessEnv;
  readonly #folder: OwnFolder;
  readonly #hostFiles: HostFiles;
  #host: HostProcess | undefined;
  /** The one that was asked to end. */
  #ending: HostProcess | undefined;
  /** Path of the control socket of the host that runs, as soon as it can be asked. */
  #control: string | undefined;
  /**
   * Resolved when the first host has loaded its plugins, or is not about to: until then it has the processor, and whatever can wait
   * waits.
   */
  readonly #settled = Promise.withResolvers<void>();
  #patience: Timer | undefined;
  /** Resolves when it is known what the host's files were when it started. */
  #followed: Promise<void> = Promise.resolve();
  /** While there is no host. */
  #nextSave: NextSave | undefined;
  #restartNeeded = false;
  /** What is asked of the host, one after the other. */
  #asking: Promise<void> = Promise.resolve();
  #restarting: Promise<void> | undefined;
  #closed = false;

  /** Throws `HOTSWAP_DEV_RUNNING`, and HOTSWAP_BUILD_FAILED when options of a build cannot be used. */
  constructor(options: DevSessionOptions) {
    this.#options = options;
    this.#env = environmentBeside(environmentFiles(options.cwd));
    this.#folders = new PluginFolders(options.plugins);
    this.#folders.check(options.build);
    // For the owner alone, as the sockets in it. When we are killed, the next host to load plugins takes it away. What cannot be
    // cleaned up is the host's to say.
    this.#folder = new OwnFolder(tmpdir(), () => undefined, "dev-");
    try {
      const { cwd, command, build } = options;
      requireSole(this.#folder.path, { cwd, outputDir: resolve(build.outputDir), command });
    } catch (error) {
      this.#folder[Symbol.dispose]();
      throw error;
    }
    this.#hostFiles = new HostFiles({
      plugins: () => this.#folders.list().plugins,
      onChange: (files) => {
        if (this.#host === undefined) return;
        this.#restartNeeded = files.length > 0;
        this.#tell({ type: "host changed", files, restarts: this.#restartNeeded && options.restart });
        if (this.#restartNeeded && options.restart) void this.restart();
      },
      onError: (error) => void this.#failed("the host's files cannot be watched", error),
    });
  }

  /** Starts the host. Throws when there is no such program. */
  start(): void {
    const { command, cwd } = this.#options;
    const since = Date.now();
    this.#followed = this.#settled.promise
      .then(() => this.#hostFiles.add([...filesNamedBy(command, cwd), ...environmentFiles(cwd)], since))
      .catch((error: unknown) => void this.#failed("the host's files cannot be followed", error));
    this.#startHost();
    this.#patience = setTimeout(() => this.#settled.resolve(), PATIENCE);
  }

  /** Makes the host reload, or restarts it when that is needed or it has ended. */
  async reload(): Promise<void> {
    if (this.#restartNeeded || this.#host === undefined) await this.restart();
    // What comes of it is reported.
    else await this.#ask("the host did not reload", (client) => client.reload());
  }

  async rollback(): Promise<void> {
    await this.#ask("the host did not roll back", (client) => client.rollback());
  }

  /** Path of the control socket of the host that runs, as soon as it can be asked. */
  get control(): string | undefined {
    return this.#control;
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
      try {
        this.#startHost();
      } catch (error) {
        void this.#failed(`${this.#options.command.join(" ")} could not be started`, error);
      }
    });
    await this.#restarting;
  }

  /** A host that was asked to end gets no more time. */
  hurry(): void {
    this.#ending?.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#patience);
    this.#hostFiles[Symbol.dispose]();
    this.#nextSave?.[Symbol.dispose]();
    await this.#restarting;
    await this.#stopHost();
    this.#folder[Symbol.dispose]();
  }

  #startHost(): void {
    if (this.#closed || this.#host !== undefined || this.#restarting !== undefined) return;
    const { command, cwd, givesInput, plugins, build, write } = this.#options;
    this.#restartNeeded = false;
    this.#nextSave?.[Symbol.dispose]();
    this.#hostFiles.restarted();
    const startedAt = Date.now();
    const outputDir = resolve(cwd, build.outputDir);
    // Wherever the host goes.
    const builds: DevBuilds = {
      plugins: plugins.map((path) => resolve(cwd, path)),
      build: { ...build, outputDir },
      write,
    };
    this.#host = new HostProcess({
      command,
      cwd,
      env: this.#env,
      givesInput,
      folder: this.#folder.path,
      environment: { outputDir, builds },
      onReport: (report) => this.#reported(report),
      onSilent: () => this.#tell({ type: "host silent" }),
      onExit: (how, words) => {
        this.#host = undefined;
        this.#control = undefined;
        this.#settled.resolve();
        this.#tell({ type: "host ended", how, step: words?.step });
        void this.#awaitSave(words?.since ?? startedAt);
      },
    });
    this.#tell({ type: "host started", pid: this.#host.pid });
  }

  /** Whatever ended the host may be mended by the next save. */
  async #awaitSave(since: number): Promise<void> {
    await this.#followed;
    if (this.#closed || this.#host !== undefined) return;
    const { plugins, watched } = this.#folders.list();
    const { folders, files } = this.#hostFiles;
    const sources = { trees: plugins, folders: [...watched, ...folders], files };
    this.#nextSave?.[Symbol.dispose]();
    this.#nextSave = new NextSave(sources, since, () => void this.restart());
  }

  async #stopHost(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    this.#control = undefined;
    if (host === undefined) return;
    this.#ending = host;
    await host.stop();
    this.#ending = undefined;
  }

  #reported(report: DevReport): void {
    if (report.type === "host connected") this.#control = this.#host?.control;
    else this.#settled.resolve();
    if (report.type === "host files") this.#hostFiles.addLoaded(report.files, report.since);
    this.#tell(report);
  }

  async #ask(what: string, question: (client: ControlClient) => Promise<unknown>): Promise<void> {
    const turn = this.#asking.then(async () => {
      const control = this.#control;
      try {
        if (control === undefined && (this.#host !== undefined || this.#restarting !== undefined)) {
          this.#tell({ type: "host starting" });
          return;
        }
        if (control === undefined) throw new Error("it is not running");
        const { ControlClient } = await import("../control/client.ts");
        await question(new ControlClient(control));
      } catch (error) {
        // The end of a host that ends while it is asked is reported, and a failed build reports itself.
        const isKnown = isHotswapError(error) && error.code === "HOTSWAP_BUILD_FAILED";
        if (control !== this.#control || isKnown) return;
        this.#tell({ type: "not done", what, error: await wired(error) });
      }
    });
    this.#asking = turn;
    await turn;
  }

  async #failed(what: string, error: unknown): Promise<void> {
    this.#tell({ type: "failed", what, error: await wired(error) });
  }

  /** Whoever is told that the host is ready may edit it at once. */
  #tell(event: DevEvent): void {
    void this.#followed.then(() => {
      if (!this.#closed) this.#options.onEvent(event);
    });
  }
}

async function wired(error: unknown): Promise<WireError> {
  const { toWire } = await import("../control/wire.ts");
  return toWire(error);
}
