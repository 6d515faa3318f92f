import type { PluginManagerSwapper } from "hotswap";

/** Turns of collecting before what is still there counts as held. */
const TURNS = 40;

/**
 * Collects garbage until every generation that was freed is gone, and answers those that stay, as `alpha#1 freed`. A
 * generation is also kept for a while by what the engine left on its stack, so that one collection proves nothing.
 */
export async function uncollected<Extension>(swapper: PluginManagerSwapper<Extension>): Promise<string[]> {
  for (let turn = 0; turn < TURNS; turn++) {
    if (oldGenerations(swapper).length === 0) break;
    // Bun.sleep and not setImmediate: finalizers run when the event loop has been idle.
    await Bun.sleep(1);
    Bun.gc(true);
  }
  return oldGenerations(swapper);
}

function oldGenerations<Extension>(swapper: PluginManagerSwapper<Extension>): string[] {
  return swapper.generations
    .filter(({ state }) => state !== "live")
    .map(({ plugin, number, state }) => `${plugin}#${number} ${state}`);
}
