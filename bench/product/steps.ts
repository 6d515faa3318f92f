// `steps.ts MODULES ROUNDS`: what each step of save-to-live costs the product, and what the limit is, in one
// process and alternating; without HTTP, whose questions would take turns with the steps. Prints lists of ms as JSON.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createBuilder } from "../../src/build/index.ts";
import { PluginManagerSwapper } from "../../src/index.ts";
import { editedModule, type Files, modulePath, moduleSource, pluginFiles } from "../harness/source.ts";
import { onChange } from "../hosts/shared/on-change.ts";

const [modules, rounds] = process.argv.slice(2).map(Number) as [number, number];
const shape = { modules, language: "ts", definition: true } as const;
const edited = editedModule(shape);
const root = process.cwd();
const limitRoot = join(root, "limit");
const pluginDir = join(root, "plugin");
const outputDir = join(root, "bin");
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };

async function write(dir: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) await Bun.write(join(dir, path), content);
}

for (const dir of [root, limitRoot]) await write(dir, pluginFiles(shape, 0));
mkdirSync(join(root, "bundle"));
const builder = createBuilder({ pluginDir, outputDir });
await builder.build();
const swapper = new PluginManagerSwapper(outputDir, { logger: quiet, root, freeDelay: 0 });
await swapper.loadPlugins();

// A builder looks twice at files that were written in the last two seconds: a project that is worked on is older than that.
await Bun.sleep(2500);

const steps: Record<string, number[]> = {};
const limit = { build: [] as number[], read: [] as number[], evaluate: [] as number[], total: [] as number[] };
const live: number[] = [];
let done = (): void => {};
let written = 0;
let mark = 0;

function note(step: string, ms: number): void {
  (steps[step] ??= []).push(ms);
}

onChange(pluginDir, async (event) => {
  const start = performance.now();
  const built = await builder.build();
  const builtAt = performance.now();
  const details = await swapper.reload();
  const reloadedAt = performance.now();
  const answer = String(swapper.current?.findPlugin("plugin")?.invokeFunc("handle"));
  // A write may be reported twice, and the second build finds nothing new.
  if (!answer.startsWith(`${mark}:`) || details.get("plugin") !== "ok") return;
  const end = performance.now();
  note("watch", event - performance.timeOrigin - written);
  note("turn of the event loop", start - (event - performance.timeOrigin));
  noteParts("build", builtAt - start, built.timings);
  noteParts("reload", reloadedAt - builtAt, details.timings);
  note("first call", end - reloadedAt);
  live.push(reloadedAt - written);
  done();
});

/** Each step that was timed by the product itself, and what is left over. */
function noteParts(name: string, total: number, parts: object): void {
  let rest = total;
  for (const [part, ms] of Object.entries(parts) as [string, number][]) {
    if (part === "total") continue;
    note(`${name}: ${part}`, ms);
    rest -= ms;
  }
  note(`${name}: not timed by itself`, rest);
}

async function measureProduct(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  done = resolve;
  const files = { [modulePath(shape, edited)]: moduleSource(shape, edited, ++mark) };
  written = performance.now();
  await write(root, files);
  await promise;
}

/** The limit: the least that a bundling system has to do, without any system. */
async function measureLimit(): Promise<void> {
  await write(limitRoot, { [modulePath(shape, edited)]: moduleSource(shape, edited, mark) });
  const start = performance.now();
  const output = await Bun.build({
    entrypoints: [join(limitRoot, "plugin", "index.ts")],
    target: "bun",
    format: "esm",
    external: ["hotswap"],
  });
  const built = performance.now();
  const file = join(root, "bundle", `${mark}.js`);
  await Bun.write(file, output.outputs[0] ?? "");
  const readStart = performance.now();
  await Bun.file(file).bytes();
  const read = performance.now();
  await import(file);
  const evaluated = performance.now();
  limit.build.push(built - start);
  limit.read.push(read - readStart);
  limit.evaluate.push(evaluated - read);
  limit.total.push(built - start + evaluated - readStart);
}

// The first rounds find caches cold; they are made and not counted.
for (let round = -3; round < rounds; round++) {
  await measureProduct();
  await Bun.sleep(40);
  await measureLimit();
  await Bun.sleep(40);
  if (round < 0) for (const list of [live, ...Object.values(steps), ...Object.values(limit)]) list.length = 0;
}
process.stdout.write(JSON.stringify({ steps, limit, live }));
process.exit(0);
