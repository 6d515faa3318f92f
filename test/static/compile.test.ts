import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { Child } from "../support/child.ts";
import { createStaticProject } from "./static-host.ts";

const alpha = `
import { asset, definePlugin } from "hotswap";
import { count } from "../../counter";
export class Live_Score { points = 1; }
export function live_greet(name: string) { return "hello " + name; }
export default definePlugin({
  export: () => ({ motd: () => asset("texts/motd.txt").text() }),
  functions: { pulse: () => count() },
});
`;

const beta = `
import { definePlugin, dependency } from "hotswap";
import { count } from "../../counter";
const deps = { alpha: dependency<{ motd(): string }>("motd") };
export default definePlugin({
  import: () => deps,
  onInit(vault) { vault.dataBag.set("answer", 42); },
  onFree() { console.log("beta is freed"); },
  functions: { motd: async () => (await 1, deps.alpha.motd()), pulse: () => count() },
});
`;

const host = `
import { PluginManagerSwapper } from "hotswap";
import { count } from "./counter";
import { staticPlugins } from "./static/index.ts";

await using swapper = new PluginManagerSwapper("", { staticPlugins });
console.log(String(await swapper.loadPlugins()));
const { current: manager } = swapper;
console.log(await manager?.findPlugin("beta")?.invokeFunc("motd"));
manager?.invokeEach("pulse");
console.log("pulses", count() - 1);
console.log(manager?.vault.liveFuncs.get("live_greet")?.("you" as never), Array.from(manager?.vault.liveTypes.keys() ?? []));
console.log(manager?.vault.dataBag.get("answer"));
console.log(await swapper.reload().catch((error) => error.code));
`;

test("10.3 bun build --compile of a statically linked host gives one executable that works without its sources", async () => {
  await using project = await createStaticProject(
    { alpha, beta },
    {
      "host.ts": host,
      "counter.ts": "let n = 0; export const count = () => ++n;",
      "plugin/alpha/texts/motd.txt": "carried",
    },
    { include: "txt$" },
  );
  const program = process.platform === "win32" ? "app.exe" : "app";
  await using compiler = new Child([process.execPath, "build", "--compile", "host.ts", "--outfile", program], {
    cwd: project.root,
  });
  expect({ code: await compiler.exit(), stderr: compiler.stderr }).toMatchObject({ code: 0 });
  for (const source of ["plugin", "static", "host.ts", "counter.ts", "node_modules"]) {
    await rm(project.path(source), { recursive: true });
  }
  await using app = new Child([project.path(program)], { cwd: project.root });
  const code = await app.exit();
  expect(app.stderr).toContain("plugins are linked statically");
  expect(app.stdout.split("\n").filter((line) => !line.includes("loaded in"))).toEqual([
    "alpha: ok, beta: ok",
    "carried",
    "pulses 2",
    'hello you [ "Live_Score" ]',
    "42",
    "HOTSWAP_STATIC_MODE",
    "beta is freed",
    "",
  ]);
  expect(code).toBe(0);
});
