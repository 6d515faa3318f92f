import type { FleetStore } from "./fleet-store.ts";
import { postgresFleet } from "./postgres-fleet.ts";
import { redisFleet } from "./redis-fleet.ts";
import { sqliteFleet } from "./sqlite-fleet.ts";
import { storeFailed } from "./store-error.ts";

/**
 * The store that a text names: `postgres://…`, `redis://…`, or the path of an SQLite file.
 *
 * @throws HotswapError `HOTSWAP_STORE_FAILED` for another protocol; the message does not repeat the text.
 */
export function fleetStore(place: string): FleetStore {
  const [, protocol] = /^([a-z+]+):\/\//i.exec(place) ?? [];
  if (protocol === undefined) return sqliteFleet(place);
  if (/^postgres(ql)?$/i.test(protocol)) return postgresFleet(place);
  if (/^(redis|rediss|valkey|redis\+.*)$/i.test(protocol)) return redisFleet(place);
  throw storeFailed(`of the protocol ${protocol}`, "cannot be opened: give postgres://…, redis://…, or a file's path");
}
