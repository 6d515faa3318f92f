import type { ProjectOptions } from "../support/project.ts";
import { type LiveServer, serve, type ServeOptions, type SwapperOptions } from "hotswap";
import { createHost, type Host } from "../support/host.ts";

/** A host whose plugins are loaded, and its server. */
export class ServedHost<SocketData = undefined> implements AsyncDisposable {
  readonly host: Host;
  readonly server: LiveServer<SocketData>;

  constructor(host: Host, server: LiveServer<SocketData>) {
    this.host = host;
    this.server = server;
  }

  get swapper() {
    return this.host.swapper;
  }

  get logger() {
    return this.host.logger;
  }

  fetch(path: string, init?: BunFetchRequestInit): Promise<Response> {
    return fetch(new URL(path, this.server.url), init);
  }

  /** The answer's status and text. */
  async ask(path: string, init?: BunFetchRequestInit): Promise<[status: number, text: string]> {
    const response = await this.fetch(path, init);
    return [response.status, await response.text()];
  }

  /** Has the plugins wish for this value. */
  wish(name: string, value: unknown): void {
    this.host.wishes.set(name, value);
  }

  /** Changes a plugin and reloads. */
  async reload(name: string, source: string): Promise<void> {
    await this.host.change(name, source);
    await this.swapper.reload();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop(true);
    await this.host[Symbol.asyncDispose]();
  }
}

/** Serves plugins, given as the sources of their root modules, on a port of its own. */
export async function serveHost<SocketData = undefined>(
  plugins: Readonly<Record<string, string>>,
  options: ServeOptions<SocketData, string>,
  swapperOptions: SwapperOptions<undefined> = {},
  projectOptions?: ProjectOptions,
): Promise<ServedHost<SocketData>> {
  const host = await createHost(plugins, swapperOptions, {}, projectOptions);
  await host.swapper.loadPlugins();
  return new ServedHost(host, serveOn(host, options));
}

export function serveOn<SocketData = undefined>(
  { swapper }: Host,
  options: ServeOptions<SocketData, string>,
): LiveServer<SocketData> {
  const here = { hostname: "127.0.0.1", port: 0, development: false };
  return serve(swapper, { ...here, ...options } as ServeOptions<SocketData, string>);
}

/** The source of a plugin with these functions; `VERSION`, `log` and `wishes` can be used in them. */
export function plugin(version: number, functions: string, head = ""): string {
  return `
import { definePlugin } from "hotswap";
import { log, wishes } from "../../journal";

const VERSION = ${version};
${head}

/** What the test passed under this name. */
function wish(name: string): any {
  const wish: any = wishes.get(name);
  if (typeof wish !== "function") throw new Error("the test does not wish for " + name);
  return wish;
}

export default definePlugin({
  onFree() { (wishes.get("freed") as any)?.(VERSION); },
  functions: { ${functions} },
});
`;
}
