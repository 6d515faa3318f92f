import { describe, expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { createBuilder } from "../../src/build/index.ts";
import { createProject, type Files } from "../support/project.ts";
import { importInHost, runArtifact } from "../build/support/run-artifact.ts";

const manifest = (name: string, more: object = {}): string =>
  JSON.stringify({ name, version: "1.0.0", type: "module", exports: "./index.ts", ...more });

const files: Files = {
  "package.json": JSON.stringify({ name: "sample", type: "module", workspaces: ["packages/*"] }),
  "packages/shared/package.json": manifest("@feat/shared", { dependencies: { "@feat/deep": "workspace:*" } }),
  "packages/shared/index.ts": `import { deep } from "@feat/deep"; export let count = 0; export const add = (): number => ++count; export const all = { deep };`,
  "packages/deep/package.json": manifest("@feat/deep"),
  "packages/deep/index.ts": "export const deep = {};",
  "packages/ping/package.json": manifest("@feat/ping", { dependencies: { "@feat/shared": "workspace:*" } }),
  "packages/ping/index.ts": `import { definePlugin } from "hotswap";
import { add, all, count } from "@feat/shared";
export const read = () => { add(); return [count > 0, all]; };
export const later = () => import(["@feat", "shared"].join("/"));
export default definePlugin({});`,
  "packages/pong/package.json": manifest("@feat/pong", { dependencies: { "@feat/ping": "workspace:*" } }),
  "packages/pong/index.ts": `import { definePlugin } from "hotswap"; import { read } from "@feat/ping"; export { read }; export default definePlugin({});`,
};

/** Lays the packages out as each tool does. */
const layouts: Readonly<Record<string, (root: string) => Promise<void>>> = {
  "Bun's isolated linker": (root) => install(root, "isolated"),
  "Bun's hoisted linker": (root) => install(root, "hoisted"),
  async pnpm(root) {
    for (const [from, name] of [
      ["ping", "shared"],
      ["pong", "ping"],
      ["shared", "deep"],
    ] as const) {
      await mkdir(`${root}/packages/${from}/node_modules/@feat`, { recursive: true });
      await symlink(`../../../${name}`, `${root}/packages/${from}/node_modules/@feat/${name}`);
    }
  },
};

async function install(root: string, linker: string): Promise<void> {
  const child = Bun.spawn([process.execPath, "install", `--linker=${linker}`], {
    cwd: root,
    stdout: "ignore",
    stderr: "pipe",
  });
  if ((await child.exited) !== 0) throw new Error(await child.stderr.text());
}

describe("2.4 packages of a workspace, laid out by", () => {
  test.each(Object.keys(layouts))("%s: a plugin takes the host's one instance", async (layout) => {
    await using project = await createProject(files);
    await layouts[layout]?.(project.root);
    const options = { pluginDir: project.path("packages/ping"), outputDir: project.out, root: project.root };
    const shared = await importInHost(project, "packages/shared/index.ts");
    const built = await project.build("ping", options);
    using bundled = await runArtifact(project, built);
    expect(bundled.call("read")).toEqual([true, shared["all"]]);
    expect((bundled.call("read") as unknown[])[1]).toBe(shared["all"]);
    expect(((await bundled.call("later")) as Record<string, unknown>)["all"]).toBe(shared["all"]);
    using apart = await runArtifact(project, await createBuilder(options).build());
    expect((apart.call("read") as unknown[])[1]).toBe(shared["all"]);
    await expect(project.build("pong", { ...options, pluginDir: project.path("packages/pong") })).rejects.toThrow(
      `"@feat/ping" belongs to the plugin in`,
    );
  });
});
