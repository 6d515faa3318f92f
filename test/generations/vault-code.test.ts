import { expect, test } from "bun:test";
import { createHost, type Host, hotswapError, journalPlugin } from "../support/host.ts";

/**
 * A plugin whose code is called by the vault: the constructor and the steps of a live type, and what it declares of a
 * key. Each opens a server, and tells the host where. `fails` makes the type's step throw.
 */
const source = (version: number, fails = false): string => `
import { definePlugin, type Vault } from "hotswap";
import { wishes } from "../../journal";

function open(what: string): void {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(what) });
  wishes.set(what, server.port);
}

export class Live_Player {
  static version = ${version};
  static migrations = { 1: (old: object) => { open("type's step"); ${fails ? `throw new Error("no step");` : ""} return old; } };
  constructor() { open("constructor"); }
  name = "";
}

export default definePlugin({
  onInit(vault: Vault) {
    vault.dataBag.declare("key", {
      version: ${version},
      migrations: { 1: (old: unknown) => { open("key's step"); return old; } },
      merge: (_, ours) => { open("merge"); return ours; },
    });
    ${version === 1 ? `vault.dataBag.set("player", new Live_Player());` : ""}
    vault.dataBag.set("key", ${version});
  },
});`;

const opened = ["constructor", "type's step", "key's step", "merge"];

async function ask(host: Host, what: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${String(host.wishes.get(what))}/`)).text();
}

/** Reloads to version 2, with a conflict that has to be merged. */
async function reload(host: Host): Promise<unknown> {
  const bag = host.swapper.current?.vault.dataBag;
  host.wishes.clear();
  return host.swapper.reload(undefined, () => bag?.set("key", "written by the old set"));
}

test("5.5 what the vault calls of a plugin runs in its generation's context, and what it opens is closed with it", async () => {
  await using host = await createHost({ alpha: source(1) });
  await host.swapper.loadPlugins();
  await host.change("alpha", source(2));
  await reload(host);
  for (const what of opened) expect(await ask(host, what)).toBe(what);
  await host.swapper.close();
  for (const what of opened) await expect(ask(host, what)).rejects.toThrow();
});

test("3.7 a migration that opens something and then throws leaves nothing open", async () => {
  await using host = await createHost({ alpha: source(1) });
  await host.swapper.loadPlugins();
  await host.change("alpha", source(2, true));
  const before = host.swapper.current?.vault.dataBag.snapshot();
  const error = await hotswapError(host.swapper.reload());
  expect(error).toMatchObject({ code: "HOTSWAP_MIGRATION_FAILED", phase: "vault" });
  expect(error.message).toContain("no step");
  await expect(ask(host, "type's step")).rejects.toThrow();
  expect(host.swapper.current?.vault.dataBag.snapshot()).toEqual(before ?? {});
});

test("6.1 in onFree, and in what the scope defers, a plugin's set still answers", async () => {
  const parting = (version: number): string => `
    import { definePlugin, dependency, type Vault } from "hotswap";
    import { log } from "../../journal";
    const deps = { base: dependency<{ version(): number }>("version") };
    export const live_version = () => ${version};
    const say = (when: string, vault: Vault) =>
      log([when, deps.base.version(), (vault.liveFuncs.get("live_version") as () => number)(), vault.dataBag.get("kept")].join(" "));
    let mine: Vault;
    export default definePlugin({
      import: () => deps,
      onInit(vault: Vault, scope) { mine = vault; vault.dataBag.set("kept", "kept"); scope.defer(() => say("deferred", vault)); },
      onFree() { say("onFree", mine); },
    });`;
  await using host = await createHost({ alpha: parting(1), base: journalPlugin("base", [], 7) });
  await host.swapper.loadPlugins();
  const live = host.swapper.current?.vault.liveFuncs.get("live_version") as () => number;
  await host.change("alpha", parting(2));
  await host.swapper.reload();
  await host.swapper.drained();
  const said = (): string[] => host.takeEvents().filter((event) => !event.startsWith("base."));
  expect(said()).toEqual(["onFree 7 1 kept", "deferred 7 1 kept"]);
  expect(() => live()).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED" }));
  await host.swapper.close();
  expect(said()).toEqual(["onFree 7 2 kept", "deferred 7 2 kept"]);
});
