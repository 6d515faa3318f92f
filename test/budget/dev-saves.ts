// Run by budget.test.ts in a process of its own: counts what one save costs a host under `hotswap dev`, with plugins and sets of
// several sizes, and prints it as JSON. The counters are in place before anything of hotswap is loaded.
import type { WatchListener, WatchOptions } from "node:fs";
import { add, count, counts, files, fs, resetCounts, vm } from "./counters.ts";

/** How long nothing may have happened, in ms: what was only listed is read after 100 ms, and events are looked at again after 5. */
const QUIET = 150;

type FileSystem = typeof import("node:fs");

/** What the test itself does to files is not counted. */
const { renameSync, watch } = fs as FileSystem;

let root = "/";
/** But for where the first load's work is kept: that is written two seconds later, whatever is measured then. */
const inProject = (path: unknown): boolean =>
  String(path).startsWith(root) && !/\/node_modules(?:$|\/\.cache\/)/.test(String(path));
count(fs, "readFileSync", "file reads", inProject);
count(files, "readFile", "file reads", inProject);
count(fs, "openSync", "files opened", inProject);
for (const name of ["statSync", "lstatSync", "existsSync"]) count(fs, name, "stats", inProject);
for (const name of ["writeFileSync", "renameSync", "mkdirSync", "rmSync"]) count(fs, name, "file writes", inProject);
count(files, "writeFile", "file writes", inProject);
count(Bun, "write", "file writes");
for (const [owner, name] of [
  [fs, "readdirSync"],
  [files, "readdir"],
] as const)
  count(owner, name, "folder reads", inProject);
Reflect.set(fs, "watch", (dir: string, options: WatchOptions, listener: WatchListener<string | Buffer>) => {
  add("watchers made");
  return watch(dir, options, (event, name) => {
    // The folders above are watched, too.
    if (inProject(dir)) add("file events");
    listener(event, name);
  });
});
count(Bun.CryptoHasher.prototype, "digest", "hashes");
count(Bun.Transpiler.prototype, "transformSync", "modules printed");
count(Bun, "build", "bundles");
count(vm, "Script", "modules compiled");
count(Bun.ModuleGraph.prototype, "import", "imports");
const oxc = await import("oxc-parser");
await Bun.plugin({
  name: "counts what is parsed",
  setup(build) {
    const counted = { ...oxc };
    count(counted, "parseSync", "modules parsed");
    build.module("oxc-parser", () => ({ exports: counted, loader: "object" }));
  },
});

const { createProject } = await import("../support/project.ts");
const { DevHost } = await import("../support/dev-host.ts");

const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };

/** Counts what one save of a module costs, the middle one of the first of so many plugins. */
async function save(modules: number, plugins: number): Promise<Record<string, number>> {
  const names = Array.from({ length: plugins }, (_, index) => `p${index}`);
  const sources = names.flatMap((name) => Object.entries(plugin(name, modules)));
  await using project = await createProject(Object.fromEntries(sources));
  await using host = new DevHost(project, ["plugin/*"], { logger: quiet });
  const edited = project.path(`plugin/p0/part${modules >> 1}.ts`);
  await host.swapper.loadPlugins();
  // The second save is like all that follow; the first finds out what is known then.
  let counted = {};
  for (const value of [1, 2]) {
    await becomesQuiet();
    // Renamed into its place, it is one event.
    await project.write({ "beside/edited.ts": part(value) });
    root = project.root;
    resetCounts();
    const reloaded = host.next("reloaded");
    renameSync(project.path("beside/edited.ts"), edited);
    await reloaded;
    await becomesQuiet();
    counted = { ...counts };
    const answer = host.swapper.current?.findPlugin("p0")?.invokeFunc("sum");
    if (answer !== value) throw new Error(`${modules} modules, ${plugins} plugins: ${answer} instead of ${value}`);
  }
  return counted;
}

/** A root module that imports so many others. */
function plugin(name: string, modules: number): Record<string, string> {
  const indices = Array.from({ length: modules }, (_, index) => index);
  const imports = indices.map((index) => `import { value as v${index} } from "./part${index}.ts";\n`).join("");
  const sum = indices.map((index) => `v${index}`).join(" + ");
  return {
    [`plugin/${name}/index.ts`]: `import { definePlugin } from "hotswap";\n${imports}export default definePlugin({ functions: { sum: () => ${sum} } });\n`,
    ...Object.fromEntries(indices.map((index) => [`plugin/${name}/part${index}.ts`, part(0)])),
  };
}

function part(value: number): string {
  return `export const value: number = ${value};\n`;
}

/** Resolves when nothing was counted for a while. */
async function becomesQuiet(): Promise<void> {
  for (let before = ""; before !== JSON.stringify(counts);) {
    before = JSON.stringify(counts);
    await Bun.sleep(QUIET);
  }
}

console.log(JSON.stringify([await save(1, 1), await save(50, 1), await save(1, 20)]));
process.exit(0);
