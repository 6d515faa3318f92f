import type { PluginManagerSwapper } from "hotswap";
import { numbered, Stamp } from "../../bench/harness/stamp.ts";
import { uncollected } from "../support/collect.ts";
import { createHost } from "../support/host.ts";
import { Samples } from "./samples.ts";

const mark = (number: number): string => numbered("mark", number);

/** Takes any name; calls of every other one fail. */
const own = `import { definePlugin } from "hotswap";
export default definePlugin({
  invokeFunc(name: string) {
    if (/[13579]$/.test(name)) throw new Error("no " + name);
    return ${JSON.stringify(mark(0))};
  },
});`;

/** Names that are called between two reloads. */
const NAMES = 100;

/** How many samples are taken. */
const SAMPLES = 20;

/** Everything that is kept of calls and errors. */
function entries(swapper: Pick<PluginManagerSwapper, "metrics">): number {
  const { generations, totals, errors } = swapper.metrics();
  return [...generations, ...totals].reduce((sum, { functions }) => sum + functions.length, errors.length);
}

/**
 * Reloads a changed plugin `count` times and calls 100 functions of it each time, whose names never come again; answers what went
 * wrong: entries that are kept, or memory that grows.
 */
export async function soakNames(count: number): Promise<string[]> {
  await using host = await createHost({ own }, { observe: "calls", leakAfter: 1000 });
  const stamp = await Stamp.of(host.project.path("bin/own.js"), mark(0));
  const { swapper, logger } = host;
  await swapper.loadPlugins();
  const samples = new Samples();
  const every = Math.floor(count / SAMPLES);
  const kept: number[] = [];
  for (let number = 1; number <= count; number++) {
    stamp.publish("own", mark(number));
    await swapper.reload();
    const plugin = swapper.current?.findPlugin("own");
    for (let name = 0; name < NAMES; name++) {
      try {
        plugin?.invokeFunc(`fn${number}-${name}`);
      } catch {
        // Counted by the host.
      }
    }
    // The logger of the tests keeps every line.
    logger.lines.length = 0;
    if (number % every !== 0) continue;
    await swapper.drained();
    const held = await uncollected(swapper);
    if (held.length > 0) return held.map((what) => `not collected: ${what}`);
    await samples.take(number);
    kept.push(entries(swapper));
  }
  console.log(`entries: ${kept.join(" ")}`);
  const { failures = 0 } = swapper.metrics().totals[0] ?? {};
  return [
    ...samples.problems(),
    ...(new Set(kept.slice(1)).size > 1 ? [`what is kept of calls and errors grew: ${kept.join(", ")} entries`] : []),
    ...(failures === (count * NAMES) / 2 ? [] : [`${failures} failures were counted of ${(count * NAMES) / 2}`]),
  ];
}
