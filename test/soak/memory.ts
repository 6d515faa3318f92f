import { numbered, Stamp } from "../../bench/harness/stamp.ts";
import { createHost } from "../support/host.ts";
import { uncollected } from "../support/collect.ts";
import type { ProjectOptions } from "../support/project.ts";
import { Samples } from "./samples.ts";

const mark = (number: number): string => numbered("mark", number);

/** 1 MiB of module state, a running timer, and a mark that tells the versions apart. */
const heavy = `import { definePlugin } from "hotswap";
const buffer = new Uint8Array(1 << 20).fill(7);
let ticks = 0;
setInterval(() => ticks++, 1);
export default definePlugin({ functions: { mark: () => "${mark(0)}", state: () => [buffer.length, ticks] } });`;

/** How many samples are taken. */
const SAMPLES = 20;

/** Reloads a changed plugin `count` times, its modules bundled or kept apart, and answers what went wrong. */
export async function soakMemory(count: number, options?: ProjectOptions): Promise<string[]> {
  await using host = await createHost({ heavy }, { leakAfter: 1000 }, {}, options);
  const stamp = await Stamp.of(host.project.path("bin/heavy.js"), mark(0));
  const { swapper } = host;
  await swapper.loadPlugins();
  const samples = new Samples();
  const every = Math.floor(count / SAMPLES);
  for (let number = 1; number <= count; number++) {
    stamp.publish("heavy", mark(number));
    await swapper.reload();
    const answer = swapper.current?.findPlugin("heavy")?.invokeFunc("mark");
    if (answer !== mark(number)) return [`reload ${number} answers ${String(answer)}`];
    // The logger of the tests keeps every line.
    host.logger.lines.length = 0;
    if (number % every === 0) await samples.take(number);
  }
  await swapper.drained();
  const held = await uncollected(swapper);
  return [...samples.problems(), ...held.map((what) => `not collected: ${what}`)];
}
