// Run by budget.test.ts in a process of its own: counts what loads, reloads and calls do, and prints it as JSON. The
// counters are in place before anything of hotswap is loaded.
import { basename, dirname } from "node:path";
import { count, countReads, counts, files, fs, resetCounts } from "./counters.ts";

// What the system says of other processes is read as well, once for each folder of copies that lies about.
const isArtifact = (path: unknown): boolean => /\.m?js$/.test(String(path));
count(files, "readFile", "file reads", isArtifact);
count(fs, "readFileSync", "file reads", isArtifact);
// Artifacts are opened, looked at and then read. Copies of them are opened to be written.
count(fs, "openSync", "file reads", (path) => basename(dirname(String(path))) === "bin");
count(fs, "statSync", "stats", isArtifact);
count(fs, "writeFileSync", "file writes");
count(files, "writeFile", "file writes");
count(files, "readdir", "folder reads");
// Not the folder in which copies lie.
count(fs, "readdirSync", "folder reads", (path) => basename(String(path)) === "bin");
count(Bun.CryptoHasher.prototype, "digest", "hashes");
count(Bun.ModuleGraph.prototype, "run", "runs");
count(Bun, "nanoseconds", "looks at the clock");
count(Bun.ModuleGraph.prototype, "import", "imports");

const { createHost, journalPlugin } = await import("../support/host.ts");
const { Generation } = await import("../../src/generation/generation.ts");
// Linking reads the slots of what it links; a plugin, as a set sees it, is made from its generation's number.
countReads(Generation.prototype, "slots", "slots read");
countReads(Generation.prototype, "number", "plugins made");

const results: Record<string, Record<string, number>> = {};

/** Runs `step` and keeps what was counted meanwhile. */
async function measure(name: string, step: () => unknown): Promise<void> {
  resetCounts();
  await step();
  results[name] = { ...counts };
}

const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
const plain = `import { definePlugin } from "hotswap"; export default definePlugin({ functions: { add: (a: number, b: number) => a + b } });`;
await using host = await createHost(Object.fromEntries(names.map((name) => [name, plain])));
const { swapper } = host;

await measure("load of 20", () => swapper.loadPlugins());
await measure("reload without changes", () => swapper.reload());
await host.change("p7", `${plain} export const changed = true;`);
await measure("reload of one", () => swapper.reload());
await measure("rollback of one", () => swapper.rollback());
const manager = swapper.current;
await measure("one plugin found twice", () => manager?.findPlugin("p3") === manager?.findPlugin("p3"));
await measure("plan", () => swapper.plan());

const plugin = swapper.current?.findPlugin("p3");
await measure("100 calls of invokeFunc", () => {
  for (let call = 0; call < 100; call++) plugin?.invokeFunc("add", call, 1);
});
await using observed = await createHost({ p0: plain }, { observe: "calls" });
await observed.swapper.loadPlugins();
const counted = observed.swapper.current?.findPlugin("p0");
await measure("100 calls of invokeFunc that are counted", () => {
  for (let call = 0; call < 100; call++) counted?.invokeFunc("add", call, 1);
});
await measure("invokeEach over 20", () => swapper.current?.invokeEach("add", 1, 2));
const calls = swapper.current?.calls;
await measure("calls that are followed while they answer at once", () => {
  plugin?.invokeFunc("add", 1, 2);
  counts["followed"] = calls?.count ?? -1;
});

await host.change("alpha", journalPlugin("alpha"));
await host.change("beta", journalPlugin("beta", ["alpha"]));
await swapper.reload();
const beta = swapper.current?.findPlugin("beta");
await measure("a call that calls one export of another plugin", () => beta?.invokeFunc("versions"));

console.log(JSON.stringify(results));
