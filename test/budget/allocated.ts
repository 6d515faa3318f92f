// Run by budget.test.ts in a process of its own: counts the objects that synchronous calls leave to the garbage
// collector, and prints them as JSON.
import { heapStats } from "bun:jsc";
import type { Registry } from "hotswap";
import { createHost } from "../support/host.ts";

type Add = (a: number, b: number) => number;

/** What calls can make: parameters and records, closures with what they capture, and promises. */
const kinds = ["Array", "Object", "Function", "JSLexicalEnvironment", "Promise"] as const;

const CALLS = 100;
const PLUGINS = 20;

const add = `import { definePlugin } from "hotswap"; export const add = (a: number, b: number) => a + b;
  export default definePlugin({ functions: { add } });`;
const names = Array.from({ length: PLUGINS }, (_, index) => `p${index}`);
await using host = await createHost(Object.fromEntries(names.map((name) => [name, add])));
await host.swapper.loadPlugins();
const manager = host.swapper.current;
const plugin = manager?.findPlugin("p3");
await using observed = await createHost({ p0: add }, { observe: "calls" });
await observed.swapper.loadPlugins();
const counted = observed.swapper.current?.findPlugin("p0");
const commands = { "commands.ts": `import { registry } from "hotswap"; export const commands = registry("commands");` };
const registering = `import { definePlugin } from "hotswap"; import { commands } from "../../commands.ts";
  export default definePlugin({ onInit(_, scope) { scope.register(commands, "add", (a: number, b: number) => a + b); } });`;
await using registered = await createHost({ p0: registering }, {}, commands);
await registered.swapper.loadPlugins();
const table = ((await import(registered.project.path("commands.ts"))) as { readonly commands: Registry<Add> }).commands;
if (table.get("add")?.(1, 2) !== 3) throw new Error("nothing is registered");
const looked = plugin?.lookup<Add>("add");

const steps: Readonly<Record<string, () => unknown>> = {
  invokeEach: () => manager?.invokeEach("add", 1, 2),
  invokeEachBackward: () => manager?.invokeEachBackward("add", 1, 2),
  invokeFunc: () => plugin?.invokeFunc("add", 1, 2),
  "invokeFunc, counted": () => counted?.invokeFunc("add", 1, 2),
  "lookup, kept": () => looked?.(1, 2),
  "registry, look-up": () => table.has("add") && table.get("add"),
  "registry, look-up and call": () => table.get("add")?.(1, 2),
  findPlugin: () => manager?.findPlugin("p3") === manager?.findPlugin("p4"),
};
const nothing = made(() => undefined);
const results = Object.entries(steps).map(([name, step]) => {
  const objects = made(step).map((count, index) => count - (nothing[index] ?? Number.NaN));
  return [name, Object.fromEntries(kinds.flatMap((kind, index) => (objects[index] ? [[kind, objects[index]]] : [])))];
});
console.log(JSON.stringify(Object.fromEntries(results)));

/** How many objects of each kind {@link CALLS} calls of `step` make. */
function made(step: () => unknown): number[] {
  // What is made once is not counted.
  step();
  Bun.gc(true);
  const before = heapStats().objectTypeCounts;
  for (let call = 0; call < CALLS; call++) step();
  const after = heapStats().objectTypeCounts;
  return kinds.map((kind) => (after[kind] ?? 0) - (before[kind] ?? 0));
}
