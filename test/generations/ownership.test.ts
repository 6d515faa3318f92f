import { describe, expect, test } from "bun:test";
import { JobQueue, type PluginManager } from "hotswap";
import { createHost, type Host } from "../support/host.ts";
import { caller, type Kind, keyOf, openers, owner, type Place, places } from "./resources/opener.ts";
import { Witness, witnessModule } from "./resources/witness.ts";

const kinds = Object.keys(openers) as Kind[];

async function openerHost(kind: Kind): Promise<Host> {
  return createHost({ owner: owner(kind, 1), caller: caller() }, {}, { "witness.ts": witnessModule });
}

/** Has the current set open its resource in every place that is reached by a call. */
async function openEverywhere(host: Host): Promise<void> {
  const manager = host.swapper.current as PluginManager;
  const plugin = manager.findPlugin("owner");
  for (const name of ["open", "afterAwait", "inTimer"]) await plugin?.invokeFunc(name);
  await plugin?.lookup<() => Promise<void>>("lookedUp")();
  await manager.findPlugin("caller")?.invokeFunc("open");
  await manager.vault.liveFuncs.get("live_open")?.();
  await using queue = new JobQueue(host.swapper, { logger: host.logger });
  queue.add("live_job", {});
  queue.add("Live_Job", {});
  expect(await queue.tick()).toEqual({ ran: 2, failed: 0 });
}

describe("6.2 what a generation opened is closed when it is freed, and the same things of the live one stay", () => {
  test.each(kinds)("%s", async (kind) => {
    await using witness = await Witness.create();
    await using host = await openerHost(kind);
    const each = (check: (place: Place) => Promise<void>): Promise<unknown> => Promise.all(places.map(check));

    await host.swapper.loadPlugins();
    await openEverywhere(host);
    await each((place) => witness.open(kind, keyOf(1, place)));

    await host.change("owner", owner(kind, 2));
    expect(String(await host.swapper.reload())).toBe("caller: relinked, owner: ok");
    await openEverywhere(host);
    await host.swapper.drained();
    await each((place) => witness.open(kind, keyOf(2, place)));
    await each((place) => witness.closed(kind, keyOf(1, place), keyOf(2, place)));
    await each((place) => witness.open(kind, keyOf(2, place)));
  });
});

test("6.2 what an exported function opens belongs to the plugin that defined it, and outlives the one that called it", async () => {
  const kind = "Bun.serve";
  await using witness = await Witness.create();
  await using host = await openerHost(kind);
  const key = keyOf(1, "export called by another plugin");
  await host.swapper.loadPlugins();
  await host.swapper.current?.findPlugin("caller")?.invokeFunc("open");

  await host.change("caller", caller(2));
  expect(String(await host.swapper.reload())).toBe("caller: ok, owner: unchanged");
  await host.swapper.drained();
  await witness.open(kind, key);

  await host.swapper.close();
  await witness.closed(kind, key, key);
});

test("6.2 closed when the plugin is removed, and when the swapper is closed", async () => {
  const kind = "Bun.listen";
  await using witness = await Witness.create();
  await using host = await openerHost(kind);
  await host.swapper.loadPlugins();
  await host.project.remove("bin/caller.js");
  await host.project.remove("bin/owner.js");
  expect(String(await host.swapper.reload())).toBe("caller: removed, owner: removed");
  await host.swapper.drained();
  await witness.closed(kind, keyOf(1, "onInit"), "");

  await host.project.buildAll("owner", "caller");
  await host.swapper.reload();
  await witness.open(kind, keyOf(1, "onInit"));
  await host.swapper.close();
  await witness.closed(kind, keyOf(1, "onInit"), "");
});
