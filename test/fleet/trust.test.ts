import { describe, expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { publish, sqliteFleet } from "hotswap/fleet";
import { generateKeys } from "../../src/trust/keys.ts";
import { fleetProject, until, webPlugin } from "./fleet-project.ts";

async function signedProject() {
  const at = await fleetProject((project) => () => sqliteFleet(project.path("fleet.db")));
  const { privateKey, publicKey } = generateKeys();
  await at.project.write({ "key.pem": privateKey });
  const key = at.project.path("key.pem");
  await chmod(key, 0o600);
  const make = async (version: number, signs: { artifact: boolean; release: boolean }): Promise<number> => {
    await at.project.write({ "plugin/web/index.ts": webPlugin(version) });
    await at.project.build("web", signs.artifact ? { sign: { key } } : {});
    const { number } = await publish(at.fleet, at.project.out, signs.release ? { sign: { key } } : {});
    return number;
  };
  const rolled = async (number: number) => {
    const { id } = await at.fleet.roll(number);
    await until("it ends", async () => (await at.fleet.now()).rollout === null);
    return at.fleet.rollout(id);
  };
  return { at, publicKey, make, rolled };
}

describe("12 F9 with trust", () => {
  test("a member refuses releases and artifacts that no trusted key signed, and takes those that are", async () => {
    const { at, publicKey, make, rolled } = await signedProject();
    await using _ = at;
    const { member, served } = await at.join("a", { trust: [publicKey] });
    for (const signs of [
      { artifact: false, release: false },
      { artifact: true, release: false },
      { artifact: false, release: true },
    ]) {
      const rollout = await rolled(await make(7, signs));
      expect([rollout?.state.is, rollout?.failure?.code]).toEqual(["aborted", "HOTSWAP_UNTRUSTED"]);
    }
    // The same content, signed in the end: another build of the same hash lies in the store already.
    expect((await rolled(await make(7, { artifact: true, release: true })))?.state.is).toBe("committed");
    await until("it runs", () => member.release === 4);
    expect(served()).toBe(7);
  });

  test("a release that was changed in the store, or put in another one's place, is refused", async () => {
    const { at, publicKey, make, rolled } = await signedProject();
    await using _ = at;
    await at.join("a", { trust: [publicKey] });
    const signs = { artifact: true, release: true };
    const [old, newer] = [await make(1, signs), await make(2, signs)];
    const { store } = at.fleet;
    const [, second] = await store.list("chat", "releases");
    const [first] = await store.list("chat", "releases");
    if (first === undefined || second === undefined) throw new Error("two releases were published");
    // What versions of documents say is not the point: they are put as they were.
    const swapIn = async (text: string): Promise<void> => {
      await store.write("chat", { remove: [second] });
      await store.write("chat", { put: [{ collection: "releases", key: second.key, text }] });
    };
    await swapIn(first.text);
    expect((await rolled(newer))?.failure?.message).toContain(`the store gives release ${old}`);
    await swapIn(first.text.replace(`"number":${old}`, `"number":${newer}`));
    expect((await rolled(newer))?.failure?.code).toBe("HOTSWAP_UNTRUSTED");
    await swapIn(second.text);
    expect((await rolled(newer))?.state.is).toBe("committed");
  });
});
