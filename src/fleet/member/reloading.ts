import type { Logger } from "../../logger.ts";

/** A set that is ready to be swapped in. */
export interface PreparedSet {
  commit(): Promise<unknown>;
  abort(): Promise<void>;
}

/** What a member needs of the host's swapper. */
export interface FleetSwapper {
  /** `undefined` before the first load. */
  readonly current: unknown;
  readonly pluginDir: string;
  readonly logger: Logger;
  resetPluginDir(pluginDir: string): void;
  loadPlugins(data?: unknown): Promise<unknown>;
  reload(data?: unknown, callback?: () => Promise<void>): Promise<unknown>;
}

/** Prepares the set that lies in `folder`; the swapper's folder is what it was, until that set is swapped in. */
export async function prepareFrom(swapper: FleetSwapper, folder: string, data: unknown): Promise<PreparedSet> {
  const before = swapper.pluginDir;
  const ready = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  swapper.resetPluginDir(folder);
  const restore = (error: unknown): never => {
    swapper.resetPluginDir(before);
    throw error;
  };
  const done = swapper
    .reload(data, () => {
      ready.resolve();
      return gate.promise;
    })
    .catch(restore);
  await Promise.race([ready.promise, done]);
  return {
    commit() {
      gate.resolve();
      return done;
    },
    async abort() {
      gate.reject(new Error("the round was aborted"));
      await done.catch(() => {});
    },
  };
}

/** Runs the set that lies in `folder`, from now on. */
export async function runFrom(swapper: FleetSwapper, folder: string, data: unknown): Promise<void> {
  const before = swapper.pluginDir;
  swapper.resetPluginDir(folder);
  try {
    if (swapper.current === undefined) await swapper.loadPlugins(data);
    else await swapper.reload(data);
  } catch (error) {
    swapper.resetPluginDir(before);
    throw error;
  }
}
