import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { dts } from "rolldown-plugin-dts";

/** What is used of the package's manifest. */
export interface Manifest {
  exports: Record<string, string | { readonly types: string; readonly default: string }>;
  [field: string]: unknown;
}

const checkout = join(import.meta.dir, "..");

/** The manifest of what is installed: no scripts, its code in `dist/`, its declarations in `types/`. */
export function publishedManifest(): Manifest {
  const { scripts: _, ...published } = readManifest();
  for (const { path, name } of entrances()) {
    published.exports[path] = { types: `./types/${name}.d.ts`, default: `./dist/${name}.js` };
  }
  return { ...published, bin: { hotswap: "./dist/main.js" }, files: ["dist", "types"] };
}

/**
 * Puts all code side by side into the folder `dist`, which `src/own-package.ts` relies on. What is imported at run time
 * only is a file of its own there.
 */
export async function bundle(dist: string): Promise<void> {
  // Several entrances are called index.ts: they get their names in dist/ from files that only lead to them.
  const named = [...entrances(), { name: "worker", source: "./src/load/worker-bridge.ts" }];
  const files = Object.fromEntries(
    named.map(({ name, source }) => [join(checkout, `${name}.ts`), `export * from ${JSON.stringify(source)};`]),
  );
  // These two are run, not imported: what leads to them would lose them, since the package declares no side effects.
  const programs = [join(checkout, "cli", "main.ts"), join(checkout, "src", "build", "child", "child.ts")];
  const { outputs } = await bundleTo(dist, {
    entrypoints: [...Object.keys(files), ...programs],
    files,
    splitting: true,
    minify: { whitespace: true, syntax: true },
    naming: { entry: "[name].[ext]", chunk: "[name]-[hash].[ext]" },
  });
  nameForBundlers(outputs);
}

/** Names what is required with a host's first message so that the bundler that makes one executable of the host follows it. */
function nameForBundlers(outputs: readonly Bun.BuildArtifact[]): void {
  for (const { path } of outputs) {
    const text = readFileSync(path, "utf8");
    const named = text.replaceAll('__require("consola")', 'require("consola")');
    // A module that Bun runs as it is, without reading it again, knows no `require`.
    if (named !== text) writeFileSync(path, named.replace("// @bun\n", ""));
  }
}

/** Writes into the folder `types` a declaration file for each entrance, and files for what these share. */
export async function declare(types: string): Promise<void> {
  const whole = join(types, "whole");
  mkdirSync(whole, { recursive: true });
  const sources = entrances().map(({ source }) => join(checkout, source));
  const compilerOptions = { outDir: whole, typeRoots: [join(checkout, "node_modules")] };
  compile(whole, { extends: join(checkout, "package", "tsconfig.json"), compilerOptions, files: sources });
  await rollUp(whole, types);
  rmSync(whole, { recursive: true });
}

/** Joins the declarations that the compiler wrote, one for each source file. */
async function rollUp(whole: string, dir: string): Promise<void> {
  const input = Object.fromEntries(
    entrances().map(({ name, source }) => [name, join(whole, source.replace(/\.ts$/, ".d.ts"))]),
  );
  const bundled = await rolldown({
    input,
    external: /^[^./]/,
    plugins: [
      {
        name: "declarations",
        // They import each other by the names of the source files.
        resolveId: (id, importer) =>
          importer !== undefined && id.startsWith(".")
            ? join(dirname(importer), id.replace(/(\.d)?\.ts$/, ".d.ts"))
            : undefined,
      },
      dts({ dtsOnly: true, generator: "oxc" }),
    ],
  });
  await bundled.write({ dir, chunkFileNames: "[name].d.ts", minifyInternalExports: false });
}

function bundleTo(outdir: string, config: Omit<Bun.BuildConfig, "outdir">): Promise<Bun.BuildOutput> {
  return Bun.build({ target: "bun", packages: "external", ...config, outdir });
}

/** Runs the compiler with a configuration that lies in `folder` meanwhile. */
function compile(folder: string, config: object): void {
  const file = join(folder, "tsconfig.json");
  writeFileSync(file, JSON.stringify(config));
  const tsc = join(checkout, "node_modules", ".bin", "tsc");
  const { success, stdout, stderr } = Bun.spawnSync([tsc, "-p", file], { cwd: checkout });
  rmSync(file);
  if (!success) throw new Error(`tsc failed:\n${stdout.toString()}${stderr.toString()}`);
}

/** The modules that users import, each with the name of its file in `dist/`. */
function entrances(): { readonly path: string; readonly name: string; readonly source: string }[] {
  return Object.entries(readManifest().exports)
    .filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1].endsWith(".ts"))
    .map(([path, source]) => ({ path, name: path === "." ? "index" : path.slice(2), source }));
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as Manifest;
}
