import { stat } from "node:fs/promises";
import type { GenerationInfo, PluginManagerSwapper } from "hotswap";
import { collectNow } from "../../src/inspect/collect.ts";

/** Turns of collecting before what is still there counts as held. */
const TURNS = 40;

/** Ways into the event loop, so that not every collection finds the same words on the machine's stack. */
const turns: readonly (() => Promise<unknown>)[] = [
  () => Bun.sleep(1),
  () => new Promise((resolve) => setImmediate(resolve)),
  () => stat(import.meta.path),
  async () => new Response("some text").text(),
];

/**
 * Collects garbage until every generation that was freed is gone, and answers what is known of those that stay. A
 * generation is also kept for a while by what the engine left on its stack, so that one collection proves nothing.
 */
export async function uncollected<Extension>(swapper: PluginManagerSwapper<Extension>): Promise<string[]> {
  for (let turn = 0; turn < TURNS && oldGenerations(swapper).length > 0; turn++) {
    await turns[turn % turns.length]?.();
    collectNow();
    // Finalizers run when the event loop has been idle.
    await Bun.sleep(0);
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
