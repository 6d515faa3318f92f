import { existsSync } from "node:fs";
import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, readdir, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { checkout, Consumer } from "./consumer.ts";
import { type Client, installPackage, registryAnswers } from "./pack.ts";
import { readQuickStart } from "./quick-start.ts";

const clients = (["npm", "bun"] as const).filter((client) => client === "bun" || Bun.which("npm") !== null);

/** In ms: a registry may be slow. */
const patience = 60_000;

const created = new AsyncDisposableStack();
const consumers = new Map<Client, Promise<Consumer>>();

/** A project that has the package installed; packed and installed once for all tests. */
function consumerOf(client: Client): Promise<Consumer> {
  const consumer = consumers.get(client) ?? createConsumer(client);
  consumers.set(client, consumer);
  return consumer;
}

async function createConsumer(client: Client): Promise<Consumer> {
  return installPackage(client, created.use(await Consumer.create()));
}

afterAll(() => created.disposeAsync());

describe.skipIf(!registryAnswers())("the package (needs a registry to install its dependencies from)", () => {
  test.each(clients)(
    "packed and installed with %s, it brings only what it runs with",
    async (client) => {
      const consumer = await consumerOf(client);
      const { dependencies, devDependencies } = await Bun.file(join(checkout, "package.json")).json();
      const isInstalled = (name: string): boolean => existsSync(consumer.path("node_modules", name));
      expect(Object.keys(dependencies).filter((name) => !isInstalled(name))).toEqual([]);
      expect(Object.keys(devDependencies).filter((name) => name !== "hotswap" && isInstalled(name))).toEqual([]);
      const own = await readdir(consumer.path("node_modules", "hotswap"));
      expect(own.filter((name) => !name.startsWith(".")).toSorted()).toEqual([
        "LICENSE",
        "README.md",
        "dist",
        "package.json",
        "types",
      ]);
      expect((await stat(consumer.tarball)).size).toBeLessThan(500_000);
      const entries = await readdir(consumer.path("node_modules", "hotswap"), { recursive: true, withFileTypes: true });
      expect(entries.filter((entry) => entry.isFile()).length).toBeLessThan(200);
    },
    patience,
  );

  test.each(clients)(
    "packed and installed with %s, it runs the README's quick start by copy and paste: build, run, change, build, and the new code answers",
    async (client) => {
      const consumer = await consumerOf(client);
      const { files, commands } = await readQuickStart();
      await consumer.write(files);
      const [buildLine = "", runLine = ""] = commands;
      await consumer.succeed(buildLine);
      await using host = consumer.start(runLine, { PORT: "0" });
      const url = /http\S+/.exec(await host.line(/listening on/))?.[0] ?? "";
      const answer = async () => (await fetch(url)).text();
      expect(await answer()).toBe("Hello, world!");
      const plugin = consumer.path("plugin", "hello", "index.ts");
      await Bun.write(plugin, (await Bun.file(plugin).text()).replace("Hello", "Good morning"));
      await consumer.succeed(buildLine);
      await host.line(/reloaded in/);
      expect(await answer()).toBe("Good morning, world!");
    },
    patience,
  );

  test(
    "its types resolve under moduleResolution bundler and nodenext, checked to the last declaration",
    async () => {
      const consumer = await consumerOf("bun");
      await consumer.write(typedProject);
      await mkdir(consumer.path("typed", "node_modules"));
      await symlink(
        join(checkout, "node_modules", "bun-types"),
        consumer.path("typed", "node_modules", "bun-types"),
        "dir",
      );
      await consumer.succeed("bunx hotswap build --staticLinking typed/plugin/alpha typed/static");
      for (const [moduleResolution, module] of [
        ["bundler", "preserve"],
        ["nodenext", "nodenext"],
      ]) {
        const compilerOptions = { ...strictest, moduleResolution, module };
        await consumer.write({ "typed/tsconfig.json": JSON.stringify({ compilerOptions }) });
        const { code, stdout } = await consumer.run(`${checkout}/node_modules/.bin/tsc -p typed`);
        expect(`${moduleResolution}: ${stdout}`).toBe(`${moduleResolution}: `);
        expect(code).toBe(0);
      }
    },
    patience,
  );

  test(
    "publint and attw are content with it",
    async () => {
      const consumer = await consumerOf("bun");
      await consumer.write({ "tools/package.json": "{}" });
      const tools = consumer.path("tools");
      await consumer.succeed("bun add publint@0.3.25 @arethetypeswrong/cli@0.18.5", tools);
      const publint = `bun node_modules/.bin/publint ${consumer.tarball} --strict`;
      expect(await consumer.succeed(publint, tools)).toContain("All good!");
      // Bun has no callers that are CommonJS only, and none that know no map of exports.
      const attw = `bun node_modules/.bin/attw ${consumer.tarball} --profile esm-only --format json`;
      const { analysis } = JSON.parse(await consumer.succeed(attw, tools));
      expect(analysis.types).toEqual({ kind: "included" });
    },
    patience,
  );
});

const strictest = {
  target: "esnext",
  lib: ["esnext"],
  types: ["bun-types"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  skipLibCheck: false,
  noEmit: true,
};

/** Uses what the package declares, and what it must refuse, without any setting that bends the rules. */
const typedProject = {
  "typed/static/README.md": "generated code",
  "typed/contracts.ts": "export interface AlphaExport { one(): number }\n",
  "typed/plugin/alpha/index.ts": `
import { definePlugin, type Vault } from "hotswap";
import type { AlphaExport } from "../../contracts.js";
export class Live_Score { points = 0; }
export function live_count(step: number): number { return step + 1; }
const alpha = definePlugin({
  export: (): AlphaExport => ({ one: () => 1 }),
  onInit(vault: Vault<{ names: string[] }>) { vault.extension.names.push("alpha"); },
  functions: { hum: (count: number) => String(count) },
});
export default alpha;
`,
  "typed/plugin/beta/index.ts": `
import { definePlugin, dependency } from "hotswap";
import type { AlphaExport } from "../../contracts.js";
const deps = { alpha: dependency<AlphaExport>("one"), audit: dependency.optional<{ record(): void }>() };
// @ts-expect-error the export has no such member
export const wrong = dependency<AlphaExport>("two");
export default definePlugin({ import: () => deps, functions: { two: () => deps.alpha.one() + 1 } });
`,
  "typed/host.ts": `
import { HotswapError, PluginManagerSwapper, type ErrorCode } from "hotswap";
import { build, type BuildResult } from "hotswap/build";
import type alpha from "./plugin/alpha/index.js";
import type beta from "./plugin/beta/index.js";
import { staticPlugins } from "./static/index.js";
declare module "hotswap" {
  interface PluginRegistry { alpha: typeof alpha }
  interface DataBagEntries { players: Map<string, number> }
}
const swapper = new PluginManagerSwapper<{ names: string[] }>("bin", { newExtension: () => ({ names: [] }), staticPlugins });
const manager = swapper.current;
export const hum: string | undefined = manager?.findPlugin("alpha")?.invokeFunc("hum", 1);
export const two: number | undefined = manager?.findPlugin<typeof beta>("beta")?.invokeFunc("two");
// @ts-expect-error a string is no number
manager?.findPlugin("alpha")?.invokeFunc("hum", "x");
// @ts-expect-error there is no such function
manager?.findPlugin("alpha")?.invokeFunc("hmu", 1);
export const players: Map<string, number> | undefined = manager?.vault.dataBag.get("players");
export const names: string[] | undefined = manager?.vault.extension.names;
export const code: ErrorCode = new HotswapError("HOTSWAP_CLOSED", "closed").code;
export const built: Promise<BuildResult> = build({ pluginDir: "plugin/alpha", outputDir: "bin" });
`,
};
