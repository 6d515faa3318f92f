// The product's host in calls: `calls.ts PLUGINS ROUNDS MODE` prints the ns of each way of calling, one for each round, as JSON.
// MODE is `stores` (the caller's AsyncLocalStorage stores are seen by plugins), `counted` (the same with `observe: "calls"`)
// or `bound` (`asyncContext: false`).
import { AsyncLocalStorage } from "node:async_hooks";
import { join } from "node:path";
import { do_not_optimize, measure } from "mitata";
import { build } from "../../src/build/index.ts";
import { type Plugin, PluginManagerSwapper, type Registry } from "../../src/index.ts";
import { alternate } from "../harness/statistics.ts";

const [plugins, rounds] = process.argv.slice(2, 4).map(Number) as [number, number];
const mode = process.argv[4];
const asyncContext = mode !== "bound";
const observe = mode === "counted" ? "calls" : "errors";
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
import { pulses } from "../../pulses.ts";
export const live_pulse = (count: number): number => pulse(count);
export default definePlugin({
  export: () => ({ pulse }),
  onInit(_, scope) { scope.register(pulses, "pulse", pulse); },
  functions: { pulse },
});
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
await Bun.write(
  join(root, "pulses.ts"),
  `import { registry } from "hotswap";\nexport const pulses = registry<(count: number) => number>("pulses");\n`,
);
for (const [name, source] of Object.entries(sources)) {
  await Bun.write(join(root, "plugin", name, "index.ts"), source);
  await build({ pluginDir: join(root, "plugin", name), outputDir: join(root, "bin") });
}

const swapper = new PluginManagerSwapper(join(root, "bin"), { logger: quiet, root, asyncContext, observe });
await swapper.loadPlugins();
const { pulses } = (await import(join(root, "pulses.ts"))) as { readonly pulses: Registry<Pulse> };
const manager = swapper.current;
const alpha = manager?.findPlugin("alpha");
const beta = manager?.findPlugin("beta");
if (manager === undefined || alpha === undefined || beta === undefined) throw new Error("the plugins are not loaded");

/** A plugin's function with a way into its module graph, as a host without hotswap would have them. */
interface ByHand {
  readonly direct: Pulse;
  readonly enter: Pulse;
}

/**
 * The function that hotswap calls as well, entered by hand: to call a thousand functions of a thousand files costs ten
 * times what it costs to call one, whoever calls, so it has to be the same functions, in the same graphs.
 */
function byHand({ source: { context, rootModule } }: Plugin): ByHand {
  const pulse = rootModule["pulse"] as Pulse;
  const bound = context.run(() => AsyncLocalStorage.bind(pulse)) as Pulse;
  return { direct: pulse, enter: asyncContext ? (count) => context.run(pulse, count) : (count) => bound(count) };
}

const single = byHand(alpha);
// Entering costs more for a caller that is inside another graph.
const { context: inside } = beta.source;
function enterOften(): number {
  let last = 0;
  for (let call = 0; call < LOOP; call++) last = single.enter(1);
  return last;
}
const each = manager.plugins.filter((plugin) => plugin.has("each")).map(byHand);
if (each.length !== plugins) throw new Error(`${each.length} of ${plugins} plugins are loaded`);

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
  way("direct", 1, () => single.direct(1)),
  way("direct, each", plugins, () => {
    for (let index = 0; index < plugins; index++) each[index]?.direct(1);
  }),
  way("entered", 1, () => single.enter(1)),
  way("entered, each", plugins, () => {
    for (let index = 0; index < plugins; index++) each[index]?.enter(1);
  }),
  way("entered, inside", LOOP, () => inside.run(enterOften)),
  way("invokeFunc", 1, () => alpha.invokeFunc("pulse", 1)),
  way("lookup, kept", 1, () => looked(1)),
  way("findPlugin + invokeFunc", 1, () => swapper.current?.findPlugin("alpha")?.invokeFunc("pulse", 1)),
  way("invokeEach", plugins, () => manager.invokeEach("each", 1)),
  way("facade", LOOP, () => beta.invokeFunc("viaFacade", LOOP)),
  way("live function", 1, () => (swapper.current?.vault.liveFuncs.get("live_pulse") as Pulse | undefined)?.(1)),
  way("registry, look-up alone", 1, () => pulses.get("pulse")),
  way("registry, look-up and call", 1, () => pulses.get("pulse")?.(1)),
];

for (const { name, call } of ways) {
  if (name.endsWith(", each") || name === "invokeEach" || name.endsWith("alone")) continue;
  if (typeof call() !== "number") throw new Error(`"${name}" does not call the plugin`);
}
await alternate(ways, rounds + 1, async (subject, round) => {
  const { call } = subject;
  // The first round is there to compile the code, which takes its time beside other work.
  const { p50 } = await measure(() => do_not_optimize(call()), { min_cpu_time: round === 0 ? 400e6 : 40e6 });
  if (round > 0) subject.times.push(p50 / subject.calls);
});
process.stdout.write(JSON.stringify(Object.fromEntries(ways.map(({ name, times }) => [name, times]))));
process.exit(0);
