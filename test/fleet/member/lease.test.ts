import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fleet, type FleetStore, sqliteFleet } from "hotswap/fleet";
import { Lease } from "../../../src/fleet/member/lease.ts";
import { fillJoinOptions } from "../../../src/fleet/member/options.ts";

test("12 a heartbeat that is slow does not put an old report in the place of a newer one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hotswap-lease-"));
  await using ended = new AsyncDisposableStack();
  ended.defer(() => rm(folder, { recursive: true, force: true }));
  const real = ended.use(sqliteFleet(join(folder, "fleet.db")));
  const slow = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  let beats = 0;
  const beat: FleetStore["beat"] = async (...args) => {
    if (++beats === 2) {
      begun.resolve();
      await slow.promise;
    }
    return real.beat(...args);
  };
  const store = new Proxy(real, {
    get(target, name) {
      const value: unknown = name === "beat" ? beat : Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  let runs = 1;
  const options = fillJoinOptions({ store, fleet: "chat", id: "m", heartbeat: 20 });
  const report = () => ({ labels: {}, host: "h", pid: 1, runs, state: "serving" as const });
  const lease = new Lease(new Fleet(store, "chat"), options, report, {
    seen() {},
    deafened() {},
    taken() {},
    failed() {},
  });
  await lease.begin();
  ended.defer(() => lease.end());
  await begun.promise;
  runs = 2;
  const renewed = lease.renew();
  slow.resolve();
  await renewed;
  const { rows } = await real.leases("chat");
  expect(rows.map(({ text }) => JSON.parse(text) as unknown)).toEqual([report()]);
});
