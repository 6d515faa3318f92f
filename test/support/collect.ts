import type { GenerationInfo, PluginManagerSwapper } from "hotswap";
import { collectNow } from "../../src/inspect/collect.ts";

/** Turns of collecting before what is still there counts as held. */
const TURNS = 40;

/**
 * Collects garbage until every generation that was freed is gone, and answers what is known of those that stay. A
 * generation is also kept for a while by what the engine left on its stack, so that one collection proves nothing.
 */
export async function uncollected<Extension>(swapper: PluginManagerSwapper<Extension>): Promise<string[]> {
  for (let turn = 0; turn < TURNS && oldGenerations(swapper).length > 0; turn++) {
    // Bun.sleep and not setImmediate: finalizers run when the event loop has been idle.
    await Bun.sleep(1);
    collectNow();
  }
  const held: string[] = [];
  for (const generation of oldGenerations(swapper)) {
    const explanation = await swapper.explain(generation);
    if (explanation.state !== "collected") held.push(String(explanation));
  }
  return held;
}

function oldGenerations<Extension>(swapper: PluginManagerSwapper<Extension>): GenerationInfo[] {
  return swapper.generations.filter(({ state }) => state !== "live");
}
