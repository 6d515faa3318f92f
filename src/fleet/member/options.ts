import { hostname } from "node:os";
import type { FleetStore } from "../store/fleet-store.ts";
import { fleetFailed } from "../fleet.ts";

/** How a host takes part in a fleet. All times are in ms. */
export interface JoinOptions {
  /** Is the host's to close, after the member left. */
  readonly store: FleetStore;
  /** The fleet's name. */
  readonly fleet: string;
  /** Tells this host from the others. @default the machine's name and the process id */
  readonly id?: string;
  /** By which a rollout chooses its canaries. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Asked while a rollout is watched; `false`, a rejection, or no answer within 10 s has the rollout go back. */
  readonly healthy?: () => boolean | Promise<boolean>;
  /** Passed to every `onLoad`. */
  readonly data?: unknown;
  /**
   * How long a host that has nothing to serve waits for a store that cannot be reached.
   *
   * @default 60_000
   */
  readonly patience?: number;
  /** How often the lease is renewed; it ends after three times as long. @default 10_000 */
  readonly heartbeat?: number;
  /** How often the store is asked while a rollout is under way or hints do not get through. @default 2000 */
  readonly poll?: number;
}

/** {@link JoinOptions} with every default filled in. */
export interface FilledJoinOptions {
  readonly store: FleetStore;
  readonly fleet: string;
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly healthy: (() => boolean | Promise<boolean>) | undefined;
  readonly data: unknown;
  readonly patience: number;
  readonly heartbeat: number;
  readonly poll: number;
}

/** A lease lasts as long as this many heartbeats. */
export const BEATS_PER_LEASE = 3;

export function fillJoinOptions(options: JoinOptions): FilledJoinOptions {
  const { id = `${hostname()}-${process.pid}`, heartbeat = 10_000, poll = 2000 } = options;
  if (!/^[\w.:@-]{1,128}$/.test(id)) {
    throw fleetFailed(`${JSON.stringify(id)} is not the id of a member: use up to 128 letters, digits, and . : @ - _`);
  }
  for (const [name, value] of Object.entries({ heartbeat, poll })) {
    if (!(value >= 10 && value <= 600_000)) throw new RangeError(`${name} must be from 10 to 600000 ms, not ${value}`);
  }
  const { store, fleet, labels = {}, healthy, data, patience = 60_000 } = options;
  if (!(patience >= 0)) throw new RangeError(`patience must be a time in ms from 0, not ${patience}`);
  return { store, fleet, id, labels, healthy, data, patience, heartbeat, poll };
}
