// The product's host in calls: `calls.ts PLUGINS ROUNDS MODE` prints the ns of each way of calling as JSON.
// MODE is `stores` (the caller's AsyncLocalStorage stores are seen by plugins) or `bound` (`asyncContext: false`).
import { AsyncLocalStorage } from "node:async_hooks";
import { join } from "node:path";
import { do_not_optimize, measure } from "mitata";
import { build } from "../../src/build/index.ts";
import { PluginManagerSwapper } from "../../src/index.ts";
import { alternate, median } from "../harness/statistics.ts";

const [plugins, rounds] = process.argv.slice(2, 4).map(Number) as [number, number];
const asyncContext = process.argv[4] === "stores";
const root = process.cwd();
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };
/** Calls in one go, where the loop runs inside a plugin. */
const LOOP = 1000;

type Pulse = (count: number) => number;

const pulseSource = `let total = 0;
export function pulse(count: number): number {
  total = (total + count) | 0;
  return total;
}
`;

const sources: Record<string, string> = {
  alpha: `import { definePlugin } from "hotswap";
${pulseSource}
export const live_pulse = (count: number): number => pulse(count);
export default definePlugin({ export: () => ({ pulse }), functions: { pulse } });
`,
  beta: `import { definePlugin, dependency } from "hotswap";
const deps = { alpha: dependency<{ pulse(count: number): number }>("pulse") };
function viaFacade(times: number): number {
  let last = 0;
  for (let call = 0; call < times; call++) last = deps.alpha.pulse(1);
  return last;
}
export default definePlugin({ import: () => deps, functions: { viaFacade } });
`,
};
for (let index = 0; index < plugins; index++) {
  sources[`many${index}`] = `import { definePlugin } from "hotswap";
${pulseSource}
export default definePlugin({ functions: { each: pulse } });
`;
}
for (const [name, source] of Object.entries(sources)) {
  await Bun.write(join(root, "plugin", name, "index.ts"), source);
  await build({ pluginDir: join(root, "plugin", name), outputDir: join(root, "bin") });
}
const bare = join(root, "bare.ts");
await Bun.write(bare, pulseSource);

const swapper = new PluginManagerSwapper(join(root, "bin"), { logger: quiet, root, asyncContext });
await swapper.loadPlugins();
const manager = swapper.current;
const alpha = manager?.findPlugin("alpha");
const beta = manager?.findPlugin("beta");
if (manager === undefined || alpha === undefined || beta === undefined) throw new Error("the plugins are not loaded");

const { pulse: direct } = (await import(bare)) as { pulse: Pulse };
const graphs: { enter: (count: number) => number }[] = [];
for (let index = 0; index <= plugins; index++) {
  const graph = new Bun.ModuleGraph();
  const { pulse } = (await graph.import(bare)) as { pulse: Pulse };
  const bound = graph.run(() => AsyncLocalStorage.bind(pulse));
  graphs.push({ enter: asyncContext ? (count) => graph.run(pulse, count) : (count) => bound(count) });
}
const [single] = graphs;
if (single === undefined) throw new Error("no graph was made");
const { enter } = single;

/** What one measured function does, and how many calls that is. */
interface Way {
  readonly name: string;
  readonly calls: number;
  readonly call: () => unknown;
  readonly times: number[];
}
const way = (name: string, calls: number, call: () => unknown): Way => ({ name, calls, call, times: [] });
const looked = alpha.lookup<Pulse>("pulse");

const ways: Way[] = [
  way("direct", 1, () => direct(1)),
  way("entered", 1, () => enter(1)),
  way("entered, each", plugins, () => {
    for (let index = 0; index < plugins; index++) graphs[index]?.enter(1);
  }),
  way("invokeFunc", 1, () => alpha.invokeFunc("pulse", 1)),
  way("lookup, kept", 1, () => looked(1)),
  way("findPlugin + invokeFunc", 1, () => swapper.current?.findPlugin("alpha")?.invokeFunc("pulse", 1)),
  way("invokeEach", plugins, () => manager.invokeEach("each", 1)),
  way("facade", LOOP, () => beta.invokeFunc("viaFacade", LOOP)),
  way("live function", 1, () => (swapper.current?.vault.liveFuncs.get("live_pulse") as Pulse | undefined)?.(1)),
];

for (const { name, call } of ways) {
  if (name.startsWith("entered, each") || name === "invokeEach") continue;
  if (typeof call() !== "number") throw new Error(`"${name}" does not call the plugin`);
}
await alternate(ways, rounds + 1, async (subject, round) => {
  const { call } = subject;
  const { p50 } = await measure(() => do_not_optimize(call()), { min_cpu_time: 40e6 });
  // In the first round the code was not compiled.
  if (round > 0) subject.times.push(p50 / subject.calls);
});
process.stdout.write(JSON.stringify(Object.fromEntries(ways.map(({ name, times }) => [name, median(times)]))));
process.exit(0);
