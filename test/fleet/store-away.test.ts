import { expect, test } from "bun:test";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type FleetStore, postgresFleet, redisFleet } from "hotswap/fleet";
import { RecordingLogger } from "../support/logger.ts";
import { type Engine, missing, startPostgres, startRedis } from "./engines/engine.ts";
import { fleetProject, until, webPlugin } from "./fleet-project.ts";

function storeAway(
  name: string,
  cure: string | undefined,
  start: () => Promise<Engine>,
  connect: (url: string) => FleetStore,
): void {
  const rule = `12 hosts that start while ${name} is away serve what they have, or wait, and join when it is there`;
  if (cure !== undefined) {
    test.skip(`${rule} (not installed: ${cure})`, () => {});
    return;
  }
  test(
    rule,
    async () => {
      await using engine = await start();
      await using at = await fleetProject(() => () => connect(engine.url));
      const over = (): Promise<void> => until("it is over", async () => (await at.fleet.now()).rollout === null);
      const first = await at.join("a");
      await at.publish(webPlugin(1));
      await at.fleet.roll(1);
      await over();
      await until("it says that it runs", async () => (await at.fleet.status()).members[0]?.runs === 1);
      await first.member.leave();
      await first.swapper.close({ timeout: 0 });
      await engine.stop();

      const logger = new RecordingLogger();
      const refused: unknown = await at
        .join("empty", { patience: 100 }, "empty", logger)
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "HOTSWAP_STORE_FAILED" });
      expect(String(refused)).not.toContain("secret-word");
      expect(logger.lines.filter((line) => JSON.stringify(line).includes("waits for the store"))).toHaveLength(1);

      // What it ran last, though its own folder has something else.
      const again = await at.join("a");
      expect([again.served(), again.member.release]).toEqual([1, 1]);
      expect(again.member.failure).toMatchObject({ code: "HOTSWAP_STORE_FAILED" });

      await at.project.write({ "plugin/web/index.ts": webPlugin(7) });
      await at.project.build("web");
      await mkdir(at.project.path("hosts/own"), { recursive: true });
      await copyFile(join(at.project.out, "web.js"), at.project.path("hosts/own/web.js"));
      const own = await at.join("own");
      expect([own.served(), own.member.release]).toEqual([7, null]);

      const waits = new RecordingLogger();
      const waiting = at.join("late", {}, "late", waits);
      await until("it says so", () => waits.lines.some((line) => JSON.stringify(line).includes("waits for the store")));

      await engine.restart();
      const late = await waiting;
      expect(late.served()).toBe(1);
      const members = [again, own, late];
      await until("all run release 1", () => members.every(({ member }) => member.release === 1));
      await until("nobody complains", () => members.every(({ member }) => member.failure === undefined));
      await at.publish(webPlugin(2));
      await at.fleet.roll(2);
      await until("all run release 2", () => members.every(({ member }) => member.release === 2));
      expect(members.map((each) => each.served())).toEqual([2, 2, 2]);
    },
    60_000,
  );
}

storeAway("PostgreSQL", missing("postgres"), startPostgres, postgresFleet);
storeAway("Redis", missing("redis"), startRedis, redisFleet);
