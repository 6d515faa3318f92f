import { Database } from "bun:sqlite";
import { afterAll, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisClient, SQL } from "bun";
import { postgresFleet, redisFleet, sqliteFleet } from "hotswap/fleet";
import { type Engine, missing, startPostgres, startRedis } from "../engines/engine.ts";
import { type StoreUnderTest, testStoreConformance } from "./store-conformance.ts";

const ended = new AsyncDisposableStack();
afterAll(() => ended.disposeAsync());

/** Started when it is first needed, for all tests of this file. */
function lazily(start: () => Promise<Engine>): () => Promise<Engine> {
  let started: Promise<Engine> | undefined;
  return () => (started ??= start().then((engine) => ended.use(engine)));
}

testStoreConformance("sqliteFleet", async (): Promise<StoreUnderTest> => {
  const folder = await mkdtemp(join(tmpdir(), "hotswap-fleet-"));
  ended.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "fleet.db");
  return {
    connect: () => sqliteFleet(file),
    async pretendNewer() {
      using database = new Database(file);
      database.run("PRAGMA user_version = 99");
    },
  };
});

const noPostgres = missing("postgres");
if (noPostgres !== undefined) test.skip(`12 postgresFleet (PostgreSQL is not installed: ${noPostgres})`, () => {});
else {
  const engine = lazily(startPostgres);
  testStoreConformance("postgresFleet", async (own) => {
    const { url } = await engine();
    const database = new URL(url);
    if (own) {
      await using admin = new SQL(url, { max: 1 });
      await admin.unsafe("CREATE DATABASE own");
      database.pathname = "/own";
    }
    return {
      connect: () => postgresFleet(database.href),
      async pretendNewer() {
        await using sql = new SQL(database.href, { max: 1 });
        await sql`UPDATE hotswap_fleet.meta SET version = 99`;
      },
    };
  });
}

const noRedis = missing("redis");
if (noRedis !== undefined) test.skip(`12 redisFleet (Redis is not installed: ${noRedis})`, () => {});
else {
  const engine = lazily(startRedis);
  testStoreConformance("redisFleet", async (own) => {
    const { url } = await engine();
    const database = `${url}/${own ? 1 : 0}`;
    return {
      connect: () => redisFleet(database),
      async pretendNewer() {
        const client = new RedisClient(database);
        await client.set("hotswap:schema", "99");
        client.close();
      },
    };
  });
}
