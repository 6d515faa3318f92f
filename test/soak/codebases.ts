/*
 * Public codebases as plugins: their sources are taken from npm, copied into a plugin's folder, exercised and edited at random,
 * and what they do is compared with `bun run` of the same files. Then one edit is timed from the write until the new code is
 * evaluated, in the process of the builder and with `bun --hot`, by turns.
 *
 *     bun run soak:codebases [names...]
 */
import { deserialize } from "bun:jsc";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createBuilder, type MemoryBuilder } from "../../src/build/index.ts";
import type { FoundArtifact } from "../../src/load/found-artifact.ts";
import { ArtifactCache } from "../../src/load/copies/artifact-cache.ts";
import { HostModules } from "../../src/load/host-modules.ts";
import { loadArtifact } from "../../src/load/load.ts";
import type { LoadedCode } from "../../src/load/loaded-code.ts";
import { UncaughtErrors } from "../../src/load/uncaught.ts";
import { Child } from "../support/child.ts";
import { RecordingLogger } from "../support/logger.ts";

interface Codebase {
  /** The folder of the package that is copied. */
  readonly folder: string;
  readonly entry: string;
  /** Statements that answer, with `all` as the entry's namespace. */
  readonly exercise: string;
}

const codebases: Readonly<Record<string, Codebase>> = {
  zod: {
    folder: "zod/src",
    entry: "index.ts",
    exercise: `const shape = all.object({ a: all.string().min(2), b: all.number().optional(), c: all.array(all.union([all.string(), all.null()])) });
      return [shape.safeParse({ a: "x", c: [1] }).error?.issues, shape.parse({ a: "xy", c: [null] })];`,
  },
  effect: {
    folder: "effect/src",
    entry: "Effect.ts",
    exercise: `return all.runSync(all.gen(function* () { const one = yield* all.succeed(1); return one + (yield* all.sync(() => 2)); }));`,
  },
  query: {
    folder: "@tanstack/query-core/src",
    entry: "index.ts",
    exercise: `const client = new all.QueryClient(); const got = await client.fetchQuery({ queryKey: ["a", { b: 1 }], queryFn: () => 5 }); const seen = [got, client.getQueryData(["a", { b: 1 }]), all.hashKey([{ b: 1, a: 2 }])]; client.clear(); return seen;`,
  },
  immer: {
    folder: "immer/dist",
    entry: "immer.mjs",
    exercise: `const before = { a: [1, { b: 2 }] }; const after = all.produce(before, (draft) => { draft.a[1].b = 3; draft.a.push(4); }); return [before, after, before.a[0] === after.a[0]];`,
  },
  xstate: {
    folder: "xstate/dist",
    entry: "xstate.esm.js",
    exercise: `const machine = all.createMachine({ initial: "off", states: { off: { on: { GO: "on" } }, on: { on: { GO: "off" } } } }); const actor = all.createActor(machine).start(); actor.send({ type: "GO" }); return actor.getSnapshot().value;`,
  },
  hono: {
    folder: "hono/dist",
    entry: "index.js",
    exercise: `const app = new all.Hono(); app.get("/a/:id", (c) => c.json({ id: c.req.param("id"), q: c.req.query("q") })); const response = await app.request("/a/7?q=x"); return [response.status, await response.json()];`,
  },
  kysely: {
    folder: "kysely/dist",
    entry: "index.js",
    exercise: `const db = new all.Kysely({ dialect: { createAdapter: () => new all.SqliteAdapter(), createDriver: () => new all.DummyDriver(), createIntrospector: (d) => new all.SqliteIntrospector(d), createQueryCompiler: () => new all.SqliteQueryCompiler() } });
      return db.selectFrom("a").innerJoin("b", "a.id", "b.id").select(["a.x", "b.y as z"]).where("a.x", "in", [1, 2]).orderBy("z").compile().sql;`,
  },
  elysia: {
    folder: "elysia/dist",
    entry: "index.mjs",
    exercise: `const app = new all.Elysia().get("/:id", ({ params, query, headers }) => [params.id, query, headers["x-a"]]).post("/", ({ body }) => body, { body: all.t.Object({ a: all.t.Number() }) });
      const get = await app.handle(new Request("http://localhost/7?q=1", { headers: { "x-a": "A" } })); const post = await app.handle(new Request("http://localhost/", { method: "POST", body: JSON.stringify({ a: "no" }), headers: { "content-type": "application/json" } })); return [await get.text(), post.status];`,
  },
};

const EDITS = 10;
const TIMED = 15;

const chosen = process.argv.slice(2);
const names = Object.keys(codebases).filter((name) => chosen.length === 0 || chosen.includes(name));
const root = await realpath(await mkdtemp(join(tmpdir(), "hotswap-codebases-")));
let failures = 0;
try {
  await writeFile(join(root, "package.json"), `{ "name": "codebases", "type": "module" }\n`);
  const packages = names.map((name) => codebases[name]?.folder.replace(/\/(?:src|dist)$/, "") ?? name);
  const installed = Bun.spawnSync([process.execPath, "add", ...packages], { cwd: root, stderr: "pipe" });
  if (installed.exitCode !== 0) throw new Error(`the packages could not be installed: ${installed.stderr.toString()}`);
  await symlink(join(import.meta.dir, "../.."), join(root, "node_modules/hotswap"), "dir");
  for (const name of names) {
    const codebase = codebases[name];
    if (codebase !== undefined && !(await soak(name, codebase))) failures++;
  }
} finally {
  await rm(root, { recursive: true, force: true });
}
console.log(failures === 0 ? "all do what bun run does" : `${failures} differ`);
process.exit(failures === 0 ? 0 : 1);

async function soak(name: string, { folder, entry, exercise }: Codebase): Promise<boolean> {
  const pluginDir = join(root, "plugin", name);
  await mkdir(pluginDir, { recursive: true });
  await cp(join(root, "node_modules", folder), join(pluginDir, "lib"), { recursive: true });
  await writeFile(
    join(pluginDir, "index.ts"),
    `import { definePlugin } from "hotswap";
import * as lib from "./lib/${entry}";
const all: any = lib;
export const result = async () => [JSON.parse(JSON.stringify(await (async () => { ${exercise} })())), Object.keys(all).length, (globalThis as any).edits];
export default definePlugin({});
`,
  );
  const builder = createBuilder({ pluginDir, outputDir: join(root, "bin"), root });
  const started = performance.now();
  let built = await requireBuilt(name, builder);
  const first = performance.now() - started;
  const modules = (built.built?.modules ?? []).map(({ file }) => file).filter((file) => file.includes("/lib/"));
  for (let edit = 0; edit <= EDITS; edit++) {
    if (edit > 0) {
      const file = modules[Math.floor(Math.random() * modules.length)] ?? join(pluginDir, "lib", entry);
      await writeFile(file, edited(await readFile(file, "utf8"), edit));
      built = await requireBuilt(name, builder);
    }
    delete (globalThis as { edits?: unknown }).edits;
    const [here, native] = [await resultHere(built), await resultOfBun(name)];
    if (Bun.deepEquals(here, native)) continue;
    console.log(`${name}: after ${edit} edits\n  here:    ${Bun.inspect(here)}\n  bun run: ${Bun.inspect(native)}`);
    return false;
  }
  const deep = modules.at(-1) ?? join(pluginDir, "lib", entry);
  const { ours, hot } = await timeEdits(name, builder, deep);
  const line = `${modules.length} modules, first build ${first.toFixed(0)} ms; one edit of ${relative(pluginDir, deep)}: ${ours.toFixed(1)} ms, bun --hot ${hot.toFixed(1)} ms (${(ours / hot).toFixed(2)} x)`;
  console.log(`${name}: as bun run before and after ${EDITS} edits; ${line}`);
  return true;
}

/** Lines move, and the edit can be seen from outside. */
function edited(text: string, edit: number): string {
  const [start, rest] = text.startsWith("#!")
    ? [text.slice(0, text.indexOf("\n") + 1), text.slice(text.indexOf("\n") + 1)]
    : ["", text];
  return `${start}/* edit ${edit} */\n${rest}\n;globalThis["edits"] = [...(globalThis["edits"] ?? []), ${edit}];\n`;
}

async function requireBuilt(name: string, builder: MemoryBuilder): Promise<FoundArtifact> {
  const { artifact, bundled } = await builder.buildInMemory();
  if (artifact.built === undefined) throw new Error(`${name} is not kept apart: ${Bun.inspect(bundled)}`);
  return artifact;
}

async function load(built: FoundArtifact): Promise<LoadedCode> {
  const logger = new RecordingLogger();
  return loadArtifact(built, {
    cache: new ArtifactCache(logger),
    hostModules: new HostModules(root),
    root,
    errors: new UncaughtErrors({
      plugin: built.name,
      generation: 1,
      logger,
      onPluginError: undefined,
      observer: { countUncaught() {}, describe() {} },
    }),
    hookTimeout: 60_000,
    watch: () => undefined,
  });
}

async function resultHere(built: FoundArtifact): Promise<unknown> {
  const code = await load(built);
  try {
    return await (code.rootModule["result"] as () => Promise<unknown>)();
  } finally {
    code.context.dispose();
    await code.release();
  }
}

async function resultOfBun(name: string): Promise<unknown> {
  const script = `import { serialize } from "bun:jsc"; import { result } from "./plugin/${name}/index.ts"; await Bun.write("result.bin", serialize(await result())); process.exit(0);`;
  await writeFile(join(root, "run.ts"), script);
  const run = Bun.spawnSync([process.execPath, "run.ts"], { cwd: root, stderr: "pipe" });
  if (run.exitCode !== 0) throw new Error(`bun run of ${name} failed: ${run.stderr.toString()}`);
  return deserialize(await Bun.file(join(root, "result.bin")).arrayBuffer());
}

/** Medians in ms, from before the write until the new code was evaluated. */
async function timeEdits(name: string, builder: MemoryBuilder, file: string): Promise<{ ours: number; hot: number }> {
  const text = await readFile(file, "utf8");
  await writeFile(
    join(root, "hot.ts"),
    `import "./plugin/${name}/index.ts"; console.log("evaluated", (globalThis as any).stamp);`,
  );
  await using child = new Child([process.execPath, "--hot", "hot.ts"], { cwd: root });
  await child.line(/^evaluated/);
  const times: { ours: number[]; hot: number[] } = { ours: [], hot: [] };
  for (let edit = 0; edit < TIMED; edit++) {
    const next = `${text}\n;globalThis.stamp = ${edit};\n`;
    const start = performance.now();
    await writeFile(file, next);
    await child.line(new RegExp(`^evaluated ${edit}$`));
    times.hot.push(performance.now() - start);
    const begun = performance.now();
    const code = await load(await requireBuilt(name, builder));
    times.ours.push(performance.now() - begun);
    code.context.dispose();
    await code.release();
  }
  return { ours: median(times.ours), hot: median(times.hot) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
