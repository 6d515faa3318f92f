import type { Rollout } from "hotswap/fleet";
import type { PluginFault } from "./host-options.ts";
import type { Place } from "./place.ts";
import type { SoakFleet } from "./soak-fleet.ts";
import type { SoakMember } from "./soak-member.ts";

/** What goes wrong while a rollout is under way. */
export interface Fault {
  readonly name: string;
  readonly possible?: (place: Place, members: readonly SoakMember[]) => boolean;
  /** Has it happen; resolves when it has. */
  readonly happen: (soak: SoakFleet, rollout: Rollout) => Promise<void>;
  /** What somebody does about it after the rollout. */
  readonly heal?: (soak: SoakFleet) => Promise<void>;
  /** It is there before the rollout begins. */
  readonly prepare?: (soak: SoakFleet) => Promise<void>;
}

/** Longer than a lease, in ms. */
const LONG = 2500;

const PHASES = ["load", "reloadable", "export", "import", "onLoad", "onInit"] as const;

const NO_PLUGIN_FAULT: PluginFault = { phase: "", hangs: false };

const healPlugins = async (soak: SoakFleet): Promise<void> => {
  await Promise.all(soak.members.map((member) => member.fault(NO_PLUGIN_FAULT)));
};

/** Some time in the middle of a rollout. */
const soon = (soak: SoakFleet): Promise<void> => Bun.sleep(soak.random.below(400));

export const NO_FAULT: Fault = { name: "nothing", happen: async () => {} };

export const faults: readonly Fault[] = [
  {
    name: "kill -9",
    async happen(soak) {
      await soon(soak);
      const member = soak.random.pick(soak.members);
      member.signal("SIGKILL");
      await soak.removeMember(member);
    },
    heal: async (soak) => void (await soak.startMember()),
  },
  {
    name: "SIGSTOP for longer than the lease",
    async happen(soak) {
      await soon(soak);
      const member = soak.random.pick(soak.members);
      member.signal("SIGSTOP");
      await Bun.sleep(LONG);
      member.signal("SIGCONT");
    },
  },
  {
    name: "the store is restarted",
    possible: ({ restart }) => restart !== undefined,
    async happen(soak) {
      await soon(soak);
      await soak.place.restart?.();
    },
  },
  {
    name: "the store's disk is full",
    possible: ({ fillDisk }) => fillDisk !== undefined,
    async happen(soak) {
      await soon(soak);
      await soak.place.fillDisk?.(1000);
    },
  },
  {
    name: "a member is cut off",
    possible: (_place, members) => members.every(({ canBeCut }) => canBeCut),
    async happen(soak) {
      await soon(soak);
      const member = soak.random.pick(soak.members);
      member.cut();
      await Bun.sleep(LONG);
      member.mend();
    },
  },
  {
    name: "a member refuses",
    prepare: (soak) => soak.random.pick(soak.members).fault({ phase: soak.random.pick(PHASES), hangs: false }),
    happen: async () => {},
    heal: healPlugins,
  },
  {
    name: "a member hangs in onInit",
    prepare: async (soak) => soak.random.pick(soak.members).fault({ phase: "onInit", hangs: true }),
    happen: async () => {},
    heal: healPlugins,
  },
  {
    name: "two rolls at once",
    async happen(soak, { release }) {
      const others = await Promise.allSettled([soak.fleet.roll(release), soak.fleet.roll(release)]);
      for (const other of others) {
        // It may be over by now; then another one begins, and must come to its end as well.
        if (other.status === "rejected" && !/under way|changed meanwhile/.test(String(other.reason)))
          throw other.reason;
      }
    },
  },
  {
    name: "a host joins",
    async happen(soak) {
      await soon(soak);
      await soak.startMember();
    },
    async heal(soak) {
      const [oldest] = soak.members;
      if (oldest !== undefined) await soak.removeMember(oldest);
    },
  },
];
