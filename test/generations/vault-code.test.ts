import { expect, test } from "bun:test";
import { createHost, type Host, hotswapError } from "../support/host.ts";

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
  #hp = 3;
  constructor() { open("constructor"); }
  get hp() { return this.#hp; }
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
