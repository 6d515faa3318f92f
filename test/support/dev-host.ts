import { join } from "node:path";
import { PluginManagerSwapper, type SwapperOptions } from "hotswap";
import type { DevReport } from "../../src/dev/report.ts";
import { ReportServer } from "../../src/dev/report-server.ts";
import { DEV_VARIABLE, type DevEnvironment } from "../../src/reload/dev-environment.ts";
import type { Project } from "./project.ts";

/** A host in this process that builds the plugins of a project by itself, as under `hotswap dev`. */
export class DevHost implements AsyncDisposable {
  readonly swapper: PluginManagerSwapper;
  readonly #reports: ReportServer;
  readonly #waiting: { readonly type: DevReport["type"]; readonly resolve: (report: DevReport) => void }[] = [];

  /** Nothing is loaded yet. `plugins` are folders and patterns, as `hotswap dev` takes them. */
  constructor(project: Project, plugins: readonly string[], options: SwapperOptions<undefined> = {}) {
    const socket = (name: string): string => project.path(`${name}.sock`);
    this.#reports = new ReportServer(socket("reports"), (report) => this.#heard(report));
    const environment: DevEnvironment = {
      pid: process.pid,
      control: socket("control"),
      reports: socket("reports"),
      outputDir: project.out,
      builds: {
        plugins: plugins.map((plugin) => join(project.root, plugin)),
        build: { outputDir: project.out },
        write: false,
      },
    };
    process.env[DEV_VARIABLE] = JSON.stringify(environment);
    this.swapper = new PluginManagerSwapper(project.out, { freeDelay: 0, root: project.root, ...options });
  }

  /** The next report of this kind. */
  next(type: DevReport["type"]): Promise<DevReport> {
    const { promise, resolve } = Promise.withResolvers<DevReport>();
    this.#waiting.push({ type, resolve });
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.swapper.close({ timeout: 0 });
    this.#reports[Symbol.dispose]();
  }

  #heard(report: DevReport): void {
    const index = this.#waiting.findIndex(({ type }) => type === report.type);
    if (index !== -1) this.#waiting.splice(index, 1)[0]?.resolve(report);
  }
}
