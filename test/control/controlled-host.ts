import type { SwapperOptions } from "hotswap";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ControlClient } from "../../src/control/client.ts";
import { createHost, type Host } from "../support/host.ts";

/** A short path for a socket, in a folder of its own that is deleted when this is disposed of. */
export class SocketPath implements AsyncDisposable {
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, "host.sock");
  }

  static async create(): Promise<SocketPath> {
    return new SocketPath(await mkdtemp(join(tmpdir(), "hotswap-socket-")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A host with a control socket, and a client for it. */
export interface ControlledHost extends AsyncDisposable {
  readonly host: Host;
  readonly client: ControlClient;
  readonly socket: string;
}

export async function createControlledHost(
  plugins: Readonly<Record<string, string>>,
  options: SwapperOptions<undefined> = {},
): Promise<ControlledHost> {
  await using owned = new AsyncDisposableStack();
  const { path } = owned.use(await SocketPath.create());
  const host = owned.use(await createHost(plugins, { control: path, ...options }));
  const stack = owned.move();
  return { host, client: new ControlClient(path), socket: path, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
