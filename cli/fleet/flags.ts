import { Fleet, fleetStore, type FleetStore, type Step, type Strategy } from "../../src/fleet/index.ts";
import { UsageError } from "../frame/command.ts";
import { timeOf, wholeOf } from "../frame/flag-values.ts";

/** Flags of `hotswap fleet`. Each action says which of them it heeds. */
export const fleetFlags = {
  store: {
    type: "string",
    valueHint: "STORE",
    description:
      "postgres://…, redis://…, or an SQLite file; HOTSWAP_FLEET_STORE unless set, which no other user can see",
  },
  storeFile: { type: "string", valueHint: "FILE", description: "A file that holds what --store would say" },
  fleet: { type: "string", valueHint: "NAME", description: "The fleet's name; HOTSWAP_FLEET unless set" },
  by: { type: "string", valueHint: "WHO", description: "Who does it, for the history; the user's name unless set" },
  note: { type: "string", valueHint: "TEXT", description: "publish: what is in the release" },
  sign: {
    type: "string",
    valueHint: "KEY",
    description: "publish: sign the release with this private key (a PEM file, or env:NAME)",
  },
  canary: {
    type: "string",
    valueHint: "N|LABEL=VALUE",
    description: "roll: first on so many members, or on those with this label",
  },
  batches: { type: "string", valueHint: "P%,…", description: "roll: then on so much of the fleet, step by step" },
  watch: {
    type: "string",
    valueHint: "TIME",
    description: "roll: how long to watch after each step (30s, 5m); 0 unless set",
  },
  maxErrors: {
    type: "string",
    valueHint: "N",
    description: "roll: go back when a watched member has more uncaught plugin errors; 0 unless set",
  },
  tolerate: {
    type: "string",
    valueHint: "N",
    description: "roll: how many members may vanish before they voted; 0 unless set",
  },
  timeout: { type: "string", valueHint: "TIME", description: "roll: how long members have to prepare; 60s unless set" },
  wait: { type: "boolean", default: true, description: "roll, rollback: wait for the end; --no-wait does not" },
  keep: {
    type: "string",
    valueHint: "N",
    description: "prune: how many releases to keep beside those in use; 10 unless set",
  },
  port: { type: "string", valueHint: "N", description: "dashboard: the page's port; any free one unless set" },
  follow: { type: "boolean", description: "status, releases, rollouts: show it again whenever it changed" },
  json: { type: "boolean", description: "Print JSON" },
} as const;

/** Values of {@link fleetFlags} as they were given. */
export interface FleetFlagValues {
  readonly store?: string | undefined;
  readonly storeFile?: string | undefined;
  readonly fleet?: string | undefined;
  readonly by?: string | undefined;
  readonly note?: string | undefined;
  readonly sign?: string | undefined;
  readonly canary?: string | undefined;
  readonly batches?: string | undefined;
  readonly watch?: string | undefined;
  readonly maxErrors?: string | undefined;
  readonly tolerate?: string | undefined;
  readonly timeout?: string | undefined;
  readonly keep?: string | undefined;
  readonly port?: string | undefined;
  readonly wait?: boolean | undefined;
  readonly follow?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** The fleet that flags or environment name. Throws a {@link UsageError} when they do not. */
export async function fleetOf(flags: FleetFlagValues): Promise<Fleet> {
  const name = flags.fleet ?? process.env["HOTSWAP_FLEET"];
  if (name === undefined || name === "")
    throw new UsageError("give the fleet's name with --fleet, or in HOTSWAP_FLEET");
  return new Fleet(await storeOf(flags), name);
}

async function storeOf({ store, storeFile }: FleetFlagValues): Promise<FleetStore> {
  if (store !== undefined && storeFile !== undefined) throw new UsageError("give --store or --store-file, not both");
  if (storeFile !== undefined) {
    const text = await Bun.file(storeFile)
      .text()
      .catch(() => {
        throw new UsageError(`the file ${storeFile} cannot be read`);
      });
    return fleetStore(text.trim());
  }
  const place = store ?? process.env["HOTSWAP_FLEET_STORE"];
  if (place === undefined || place === "") {
    throw new UsageError("give the fleet's store with --store or --store-file, or in HOTSWAP_FLEET_STORE");
  }
  return fleetStore(place);
}

/** What the flags of `roll` ask for. Throws a {@link UsageError}. */
export function strategyOf(flags: FleetFlagValues): Partial<Strategy> {
  const steps: Step[] = [];
  if (flags.canary !== undefined) steps.push(canary(flags.canary));
  for (const batch of flags.batches?.split(",") ?? []) steps.push(percent(batch));
  return {
    steps,
    ...(flags.watch === undefined ? {} : { watch: timeOf("watch", flags.watch) }),
    ...(flags.maxErrors === undefined ? {} : { maxErrors: wholeOf("max-errors", flags.maxErrors) }),
    ...(flags.tolerate === undefined ? {} : { tolerate: wholeOf("tolerate", flags.tolerate) }),
    ...(flags.timeout === undefined ? {} : { timeout: timeOf("timeout", flags.timeout) }),
  };
}

function canary(text: string): Step {
  const [, label, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (label !== undefined && value !== undefined) return { label, value };
  const count = wholeOf("canary", text);
  if (count === 0) throw new UsageError("--canary needs at least 1 member");
  return { count };
}

function percent(text: string): Step {
  const [, digits] = /^\s*(\d{1,3})%\s*$/.exec(text) ?? [];
  const value = Number(digits);
  if (value >= 1 && value <= 100) return { percent: value };
  throw new UsageError(`--batches is a list of 1% to 100%, such as 10%,50%,100%; "${text}" is none`);
}
