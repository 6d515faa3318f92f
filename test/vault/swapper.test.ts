import { expect, test } from "bun:test";
import type { HotswapError, SwapperOptions } from "hotswap";
import { JobQueue } from "../../src/jobs/job-queue.ts";
import { sqliteStore } from "../../src/vault/store/sqlite-store.ts";
import { createHost } from "../support/host.ts";
import { RecordingLogger } from "../support/logger.ts";
import { temporaryFolder } from "./store/temporary-folder.ts";

const withStore = (file: string): SwapperOptions<undefined> => ({ vault: { store: sqliteStore(file) } });

const player = (fields: string, more = ""): string => `
import { definePlugin } from "hotswap";
import { log } from "../../journal";
export class Live_Player {
  ${fields}
  handle() {
    log(JSON.stringify(this) + (Bun.ModuleGraph.current === undefined ? " in the host" : " in a plugin"));
  }
}
export default definePlugin({
  onInit(vault) { ${more} },
  functions: { join: (vault: any) => vault.dataBag.set("bob", new Live_Player()), make: () => new Live_Player() },
});`;

const version1 = player(`name = "bob"; hp = 7;`);
const version2 = player(
  `static version = 2; static migrations = { 1: (old: any) => ({ ...old, health: old.hp * 10 }) }; name = ""; health = 0;`,
);

test("7.5 a reload migrates what the old code wrote, and a failing step leaves everything as it was", async () => {
  await using host = await createHost({ lobby: version1 });
  await host.swapper.loadPlugins();
  const old = host.swapper.current;
  await old?.findPlugin("lobby")?.invokeFunc("join", old.vault);

  await host.change("lobby", player(`static version = 2; name = ""; health = 0;`));
  const error = (await host.swapper.reload().catch((reason: unknown) => reason)) as HotswapError;
  expect(error).toMatchObject({ code: "HOTSWAP_MIGRATION_FAILED", phase: "vault" });
  expect(error.message).toContain("Live_Player in bob is stored at version 1");
  expect(host.swapper.current?.vault.dataBag.get("bob")).toMatchObject({ name: "bob", hp: 7 });

  await host.change("lobby", version2);
  await host.swapper.reload();
  const bag = host.swapper.current?.vault.dataBag;
  expect(bag?.get("bob")).toEqual(expect.objectContaining({ name: "bob", health: 70 }));
  expect(bag?.get("bob")).toBeInstanceOf(host.swapper.current?.vault.liveTypes.get("Live_Player") as never);

  const refused = (await host.swapper.rollback().catch((reason: unknown) => reason)) as HotswapError;
  expect(refused).toMatchObject({ code: "HOTSWAP_MIGRATION_FAILED" });
  expect(refused.message).toContain("newer than the code's version 1");
});

test("7.5 what a plugin declared in onInit counts on when another plugin is reloaded", async () => {
  const declaring = player(
    "",
    `vault.dataBag.declare("scores", { version: 2 }); if (!vault.dataBag.has("scores")) vault.dataBag.set("scores", [1]);`,
  );
  await using host = await createHost({
    scores: declaring,
    lobby: `import { definePlugin } from "hotswap"; export default definePlugin({});`,
  });
  await host.swapper.loadPlugins();
  await host.change(
    "lobby",
    `import { definePlugin } from "hotswap"; export const changed = 1; export default definePlugin({});`,
  );
  expect(String(await host.swapper.reload())).toBe("lobby: ok, scores: unchanged");
  expect(host.swapper.current?.vault.dataBag.get("scores")).toEqual([1]);
});

test("7.4 a host that starts again finds the data bag, as the classes of its plugins", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/bag.db`;
  {
    await using host = await createHost({ lobby: version1 }, withStore(file));
    await host.swapper.loadPlugins();
    const manager = host.swapper.current;
    await manager?.findPlugin("lobby")?.invokeFunc("join", manager.vault);
  }
  await using host = await createHost({ lobby: version2 }, withStore(file));
  await host.swapper.loadPlugins();
  expect(host.swapper.current?.vault.dataBag.get("bob")).toEqual(expect.objectContaining({ name: "bob", health: 70 }));
});

test("8.5 a job that old code added runs with the newest, migrated, and what it opens belongs to its plugin", async () => {
  await using host = await createHost({ lobby: version1 });
  await host.swapper.loadPlugins();
  await using queue = new JobQueue(host.swapper, { logger: new RecordingLogger() });
  queue.add("Live_Player", await host.swapper.current?.findPlugin("lobby")?.invokeFunc("make"));
  await host.change("lobby", version2);
  await host.swapper.reload();
  expect(await queue.tick()).toEqual({ ran: 1, failed: 0 });
  expect(host.takeEvents()).toEqual([`{"name":"bob","health":70} in a plugin`]);
});
