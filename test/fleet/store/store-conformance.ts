import { describe, expect, test } from "bun:test";
import type { Change, FleetStore } from "../../../src/fleet/store/fleet-store.ts";

/** A place that connections are made to. */
export interface StoreUnderTest {
  /** A new connection to it, as another process would have. */
  connect(): FleetStore;
  /** Makes it say that a newer hotswap made its tables. */
  pretendNewer(): Promise<void>;
}

const at = (key: string) => ({ collection: "things", key });

/** Tests what every {@link FleetStore} promises, on the engine itself. A place may serve several tests, unless it is to be a test's `own`. */
export function testStoreConformance(name: string, place: (own: boolean) => Promise<StoreUnderTest>): void {
  type Run = (one: FleetStore, other: FleetStore, fleet: string, under: StoreUnderTest) => Promise<void>;
  const rule = (what: string, run: Run, own = false): void =>
    test(
      what,
      async () => {
        const under = await place(own);
        await using one = under.connect();
        await using other = under.connect();
        await run(one, other, `fleet-${crypto.randomUUID()}`, under);
      },
      30_000,
    );

  describe(`12 ${name}`, () => {
    rule("what was written is read by others, with versions that count the writes", async (one, other, fleet) => {
      const texts = ["plain", '{"a":"\\u0000 ☃ 🎲 \\n"}', ""];
      for (const text of texts) await one.write(fleet, { put: [{ ...at("a"), text }] });
      await one.write(fleet, { put: [{ ...at("b"), text: texts[1] ?? "" }] });
      const { docs } = await other.read(fleet, [at("b"), at("none"), at("a")]);
      expect(docs).toEqual([
        { ...at("b"), version: 1, text: texts[1] ?? "" },
        undefined,
        { ...at("a"), version: 3, text: "" },
      ]);
    });

    rule("fleets do not see each other", async (one, other, fleet) => {
      await one.write(fleet, { put: [{ ...at("a"), text: "1" }] });
      await one.putArtifact(fleet, "h", new Uint8Array(3));
      await one.beat(fleet, { id: "m", incarnation: "i", text: "{}", lease: 1000, take: true }, []);
      const stranger = `${fleet}-2`;
      expect((await other.read(stranger, [at("a")])).docs).toEqual([undefined]);
      expect((await other.leases(stranger)).rows).toEqual([]);
      expect((await other.artifacts(stranger)).size).toBe(0);
    });

    rule("a collection is listed by key and counted", async (one, other, fleet) => {
      expect(await other.list(fleet, "things")).toEqual([]);
      expect(await other.count(fleet, "things")).toBe(0);
      await one.write(fleet, {
        put: ["b", "a-2", "a", "B", "a.1"].map((key) => ({ collection: "things", key, text: key })),
      });
      await one.write(fleet, { put: [{ collection: "things2", key: "x", text: "x" }] });
      expect((await other.list(fleet, "things")).map(({ key, text }) => [key, text])).toEqual(
        ["B", "a", "a-2", "a.1", "b"].map((key) => [key, key]),
      );
      expect(await other.count(fleet, "things")).toBe(5);
    });

    rule("a change whose expectation is not met writes nothing", async (one, other, fleet) => {
      const put = [{ ...at("b"), text: "new" }];
      await one.write(fleet, { put: [{ ...at("a"), text: "1" }] });
      const refused: Change[] = [
        { expect: [{ ...at("a"), version: 0 }], put },
        { expect: [{ ...at("a"), version: 2 }], put },
        {
          expect: [
            { ...at("a"), version: 1 },
            { ...at("c"), version: 1 },
          ],
          put,
        },
        { needs: ["no-such-hash"], put, remove: [at("a")], clear: ["things"] },
      ];
      for (const change of refused) expect(await other.write(fleet, change)).toBe(false);
      expect(await one.list(fleet, "things")).toHaveLength(1);
      expect(
        await other.write(fleet, {
          expect: [
            { ...at("a"), version: 1 },
            { ...at("b"), version: 0 },
          ],
          put,
        }),
      ).toBe(true);
    });

    rule("of many that expect one version, one writes", async (one, other, fleet) => {
      const put = (text: string) => ({ expect: [{ ...at("a"), version: 0 }], put: [{ ...at("a"), text }] });
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => [one, other][index % 2]?.write(fleet, put(String(index)))),
      );
      expect(results.filter((written) => written === true)).toHaveLength(1);
      const { docs } = await one.read(fleet, [at("a")]);
      expect(docs[0]).toMatchObject({ version: 1, text: String(results.indexOf(true)) });
    });

    rule("increments by compare-and-set of two connections lose none", async (one, other, fleet) => {
      const increment = async (store: FleetStore): Promise<void> => {
        for (let done = 0; done < 15;) {
          const { docs } = await store.read(fleet, [at("n")]);
          const text = String(Number(docs[0]?.text ?? 0) + 1);
          const version = docs[0]?.version ?? 0;
          const change = { expect: [{ ...at("n"), version }], put: [{ ...at("n"), text }] };
          if (await store.write(fleet, change)) done++;
        }
      };
      await Promise.all([increment(one), increment(other), increment(one)]);
      expect((await one.read(fleet, [at("n")])).docs[0]?.text).toBe("45");
    });

    rule("documents and collections are removed", async (one, other, fleet) => {
      await one.write(fleet, { put: ["a", "b", "c"].map((key) => ({ collection: "things", key, text: key })) });
      await one.write(fleet, { put: [{ collection: "rest", key: "r", text: "r" }] });
      await one.write(fleet, { remove: [at("b"), at("none")] });
      expect((await other.list(fleet, "things")).map(({ key }) => key)).toEqual(["a", "c"]);
      await one.write(fleet, { clear: ["things", "none"] });
      expect([await other.count(fleet, "things"), await other.count(fleet, "rest")]).toEqual([0, 1]);
    });

    rule(
      "a lease is counted by the store's clock, renewed by its process, and ended by it alone",
      async (one, other, fleet) => {
        const beat = { id: "m", incarnation: "first", text: "{}", lease: 60_000 };
        expect((await one.beat(fleet, beat, [])).kept).toBe(false);
        await one.write(fleet, { put: [{ ...at("a"), text: "seen" }] });
        const taken = await one.beat(fleet, { ...beat, take: true }, [at("a"), at("b")]);
        expect(taken.kept).toBe(true);
        expect(taken.docs.map((doc) => doc?.text)).toEqual(["seen", undefined]);
        const { now, rows } = await other.leases(fleet);
        expect(rows).toEqual([{ id: "m", text: "{}", expires: expect.any(Number) }]);
        expect(Math.abs((rows[0]?.expires ?? 0) - taken.now - 60_000)).toBeLessThan(1000);
        expect(now).toBeGreaterThanOrEqual(taken.now);
        const renewed = await one.beat(fleet, { ...beat, text: '{"x":1}', lease: 5 }, []);
        expect(renewed.kept).toBe(true);
        await Bun.sleep(20);
        const ended = await other.leases(fleet);
        await other.forget(fleet, "m", (ended.rows[0]?.expires ?? 0) - 1);
        expect(ended.rows[0]?.text).toBe('{"x":1}');
        expect(ended.rows[0]?.expires).toBeLessThan(ended.now);
        // Another process takes the id: the first one is told, and cannot end what is no longer its own.
        expect((await other.beat(fleet, { ...beat, incarnation: "second", take: true }, [])).kept).toBe(true);
        expect((await one.beat(fleet, beat, [])).kept).toBe(false);
        await one.leave(fleet, beat);
        expect((await one.leases(fleet)).rows).toHaveLength(1);
        await other.leave(fleet, { id: "m", incarnation: "second" });
        expect((await one.leases(fleet)).rows).toEqual([]);
      },
    );

    rule("artifacts are kept byte for byte, and needed by changes", async (one, other, fleet) => {
      const bytes = crypto.getRandomValues(new Uint8Array(65_536));
      const large = new Uint8Array(5_000_000).fill(7);
      await one.putArtifact(fleet, "small", bytes);
      await one.putArtifact(fleet, "small", bytes);
      await one.putArtifact(fleet, "large", large);
      expect(Buffer.from((await other.artifact(fleet, "small")) ?? []).equals(bytes)).toBe(true);
      expect(Buffer.from((await other.artifact(fleet, "large")) ?? []).equals(large)).toBe(true);
      expect(await other.artifact(fleet, "none")).toBeUndefined();
      expect(await other.artifacts(fleet)).toEqual(
        new Map([
          ["large", 5_000_000],
          ["small", 65_536],
        ]),
      );
      const put = [{ ...at("a"), text: "1" }];
      expect(await other.write(fleet, { needs: ["small", "large"], put })).toBe(true);
      expect(await other.write(fleet, { drop: ["small"] })).toBe(true);
      expect(await other.write(fleet, { needs: ["small", "large"], put })).toBe(false);
      expect(await one.artifact(fleet, "small")).toBeUndefined();
    });

    rule("who listens hears of a change of others", async (one, other, fleet) => {
      const heard = Promise.withResolvers<void>();
      const echoed = Promise.withResolvers<void>();
      await using _ = await one.listen(fleet, "m", { hint: () => heard.resolve(), echo: echoed.resolve });
      await other.write(fleet, { put: [{ ...at("a"), text: "1" }], hint: "1.1" });
      await heard.promise;
      await one.beat(fleet, { id: "m", incarnation: "i", text: "{}", lease: 1000, take: true }, []);
      await echoed.promise;
    });

    rule(
      "tables of a newer hotswap are refused and left alone",
      async (one, _other, fleet, under) => {
        await one.open();
        await under.pretendNewer();
        await using late = under.connect();
        await expect(late.read(fleet, [at("a")])).rejects.toMatchObject({
          code: "HOTSWAP_STORE_FAILED",
          message: expect.stringMatching(/has schema 99, made by a newer hotswap.*upgrade/),
        });
      },
      true,
    );

    rule("no message holds a password", async (one, _other, fleet) => {
      expect(one.name).not.toContain("secret-word");
      await one.open();
      await one[Symbol.asyncDispose]();
      const error: unknown = await one.read(fleet, [at("a")]).catch((reason: unknown) => reason);
      expect(String(error)).not.toContain("secret-word");
    });
  });
}
