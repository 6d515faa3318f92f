// `limit.ts MODULES ROUNDS`: the least that a bundling system has to do for one edit, without any system: bundle, read the
// file, evaluate it. Prints lists of ms as JSON.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { editedModule, modulePath, moduleSource, pluginFiles } from "../harness/source.ts";

const [modules, rounds] = process.argv.slice(2).map(Number) as [number, number];
const shape = { modules, language: "ts", definition: true } as const;
const edited = editedModule(shape);
const root = process.cwd();
for (const [path, content] of Object.entries(pluginFiles(shape, 0))) await Bun.write(join(root, path), content);
mkdirSync(join(root, "bundle"));

const limit = { build: [] as number[], read: [] as number[], evaluate: [] as number[], total: [] as number[] };

async function measure(mark: number): Promise<void> {
  await Bun.write(join(root, modulePath(shape, edited)), moduleSource(shape, edited, mark));
  const start = performance.now();
  const output = await Bun.build({
    entrypoints: [join(root, "plugin", "index.ts")],
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
  await measure(round + 4);
  await Bun.sleep(40);
  if (round < 0) for (const list of Object.values(limit)) list.length = 0;
}
process.stdout.write(JSON.stringify(limit));
process.exit(0);
