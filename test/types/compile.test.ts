import { afterAll, beforeAll, expect, test } from "bun:test";
import { hotswap } from "../cli/run-cli.ts";
import type { Project } from "../support/project.ts";
import { compile, createConsumer, resolutions } from "./types-consumer.ts";

const files = {
  "plugin/gamma/index.ts": `
import { definePlugin } from "hotswap";
export interface Round { readonly number: number }
declare module "hotswap" {
  interface DataBagEntries { round: Round }
}
export default definePlugin({ functions: { pulse: (count: number) => count * 2 } });
`,
  "plugin/gamma/jobs/count.ts": `
export function live_count(step: number): string { return String(step); }
export { live_count as "live_count again" };
export default class Live_Score { points = 0; }
`,
  "plugin/two-words/index.mts": `
import { definePlugin } from "hotswap";
export default definePlugin({ invokeFunc: (name: "on" | "off") => name.length });
`,
  "plugin/plain/index.js": `
import { definePlugin } from "hotswap";
export default definePlugin({ functions: { go: (count) => count } });
`,
  "plugin/contracts.ts": "export {};\n",
  "host.ts": `
import { PluginManagerSwapper, type PluginManager } from "hotswap";
const swapper = new PluginManagerSwapper("bin");
await swapper.loadPlugins();
const manager = swapper.current as PluginManager;
export const pulse: number | undefined = manager.findPlugin("gamma")?.invokeFunc("pulse", 1);
export const length: number | undefined = manager.findPlugin("two-words")?.invokeFunc("on");
export const go: unknown = manager.findPlugin("plain")?.invokeFunc("go", 1);
export const elsewhere: unknown = manager.findPlugin(String(pulse))?.invokeFunc("anything", 1);
export const counted: string | undefined = manager.vault.liveFuncs.get("live_count")?.(1);
export const again: string | undefined = manager.vault.liveFuncs.get("live_count again")?.(1);
const Score = manager.vault.liveTypes.get("Live_Score");
export const points: number | undefined = Score && new Score().points;
export const round: number | undefined = manager.vault.dataBag.get("round")?.number;
`,
};

/** Wrong in one place each; without the declarations, nobody would know. */
const mistakes: Readonly<Record<string, string>> = {
  "an unknown function": `manager.findPlugin("gamma")?.invokeFunc("puls", 1)`,
  "a parameter of another type": `manager.findPlugin("gamma")?.invokeFunc("pulse", "1")`,
  "a result of another type": `manager.findPlugin("gamma")?.invokeFunc("pulse", 1).length`,
  "a name that the plugin's own invokeFunc does not take": `manager.findPlugin("two-words")?.invokeFunc("in")`,
  "a parameter of a live function": `manager.vault.liveFuncs.get("live_count")?.("1")`,
  "a field of a live type": `new (manager.vault.liveTypes.get("Live_Score") ?? Object)().score`,
  "a value of the data bag": `manager.vault.dataBag.set("round", 1)`,
};

/** In ms: the compiler reads a good deal. */
const patience = 30_000;

let project: Project;

beforeAll(async () => {
  project = await createConsumer(files);
}, patience);

afterAll(() => project[Symbol.asyncDispose]());

test.each(resolutions)(
  "with what hotswap types wrote, names have types under %j",
  async (resolution) => {
    const { exitCode, stdout, stderr } = await hotswap(project, "types");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toEndWith(": gamma, plain, two-words\n");
    expect(await compile(project, resolution)).toBe("");
  },
  patience,
);

test.each(resolutions)(
  "with what hotswap types wrote, mistakes do not compile under %j",
  async (resolution) => {
    await hotswap(project, "types");
    const preamble = `import type { PluginManager } from "hotswap";\ndeclare const manager: PluginManager;\n`;
    for (const [name, code] of Object.entries(mistakes)) {
      await project.write({ [`wrong/${name}.ts`]: `${preamble}export const wrong: unknown = ${code};\n` });
    }
    const complaints = await compile(project, resolution);
    await project.remove("wrong");
    const lines = complaints.split("\n").filter((line) => line !== "" && !line.startsWith(" "));
    expect(lines.map((line) => line.split("(", 1)[0]).toSorted()).toEqual(
      Object.keys(mistakes)
        .map((name) => `wrong/${name}.ts`)
        .toSorted(),
    );
  },
  patience,
);

test(
  "it is the file that does it: without it, names have no types",
  async () => {
    await hotswap(project, "types");
    await project.remove("hotswap.d.ts");
    const complaints = await compile(project, resolutions[0]);
    for (const name of ["pulse", "length", "counted", "again", "points"]) {
      expect(complaints).toContain(`host.ts(${lineOf(name)},`);
    }
  },
  patience,
);

function lineOf(name: string): number {
  return files["host.ts"].split("\n").findIndex((line) => line.includes(`const ${name}:`)) + 1;
}
