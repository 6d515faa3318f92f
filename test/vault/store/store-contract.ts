import { expect, test } from "bun:test";
import type { DataStore } from "../../../src/vault/store/data-store.ts";

/** A place that stores are opened on, one after the other. */
export interface StorePlace extends AsyncDisposable {
  /** A new store on the place; opened when it is loaded. */
  store(): DataStore;
}

/** Tests what every {@link DataStore} promises. `place` makes an empty place. */
export function testStoreContract(name: string, place: () => Promise<StorePlace>): void {
  const contract = (rule: string, run: (at: StorePlace) => Promise<void>): void => {
    test(`7.4 ${name}: ${rule}`, async () => {
      await using at = await place();
      await run(at);
    });
  };

  contract("an empty store has no records", async (at) => {
    expect(await contentOf(at)).toEqual({});
  });

  contract("what was written is there when it is opened again", async (at) => {
    const texts = {
      plain: "text",
      "": "empty key",
      "a\0b": "null\0within",
      "ключ 🗝": '🎲\n\t"',
      long: "x".repeat(3_000_000),
    };
    await writeTo(at, Object.entries(texts));
    expect(await contentOf(at)).toEqual(texts);
  });

  contract("a batch replaces, adds and deletes, also what is not there", async (at) => {
    await writeTo(at, Object.entries({ a: "1", b: "1", c: "1" }));
    await writeTo(at, Object.entries({ a: "2", b: undefined, d: "2", missing: undefined }));
    expect(await contentOf(at)).toEqual({ a: "2", c: "1", d: "2" });
  });

  contract("10,000 records in one batch", async (at) => {
    const texts = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key ${index}`, `text ${index}`]));
    await writeTo(at, Object.entries(texts));
    expect(await contentOf(at)).toEqual(texts);
  });

  contract("of a batch that fails nothing is written, and the next one works", async (at) => {
    await writeTo(at, [["a", "1"]]);
    const store = await opened(at);
    function* broken(): Generator<readonly [string, string]> {
      for (let index = 0; index < 5000; index++) yield [`new ${index}`, "1"];
      throw new Error("broken off");
    }
    await expect(store.write(broken())).rejects.toThrow("broken off");
    await store.write([["b", "1"]]);
    await store.close();
    expect(await contentOf(at)).toEqual({ a: "1", b: "1" });
  });

  contract("a second owner is refused and the first is not disturbed", async (at) => {
    const first = await opened(at);
    const second = at.store();
    await expect(Array.fromAsync(second.load())).rejects.toMatchObject({ code: "HOTSWAP_STORE_FAILED" });
    await second.close();
    await first.write([["a", "1"]]);
    await first.close();
    expect(await contentOf(at)).toEqual({ a: "1" });
  });

  contract("a store is opened once, written while open, and closed as often as one likes", async (at) => {
    const failed = { code: "HOTSWAP_STORE_FAILED" };
    const store = at.store();
    await expect(store.write([["a", "1"]])).rejects.toMatchObject(failed);
    await Array.fromAsync(store.load());
    await expect(Array.fromAsync(store.load())).rejects.toMatchObject(failed);
    await store.close();
    await store.close();
    await expect(store.write([["a", "1"]])).rejects.toMatchObject(failed);
    await expect(Array.fromAsync(store.load())).rejects.toMatchObject(failed);
    await at.store().close();
  });
}

async function opened(at: StorePlace): Promise<DataStore> {
  const store = at.store();
  await Array.fromAsync(store.load());
  return store;
}

async function writeTo(at: StorePlace, batch: Iterable<readonly [string, string | undefined]>): Promise<void> {
  const store = await opened(at);
  await store.write(batch);
  await store.close();
}

async function contentOf(at: StorePlace): Promise<Record<string, string>> {
  const store = at.store();
  const records = await Array.fromAsync(store.load());
  await store.close();
  return Object.fromEntries(records.map(({ key, text }) => [key, text]));
}
