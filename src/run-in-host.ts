import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Calls a function in the host's context, wherever the call comes from: what it opens outlives every generation, and its
 * promises settle. The snapshot is taken when this module is evaluated, which only the host does.
 */
export const runInHost: ReturnType<typeof AsyncLocalStorage.snapshot> = AsyncLocalStorage.snapshot();
