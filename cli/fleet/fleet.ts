import { type Fleet, type FleetStatus, prune, publish, type Rollout } from "../../src/fleet/index.ts";
import { didYouMean } from "../../src/suggest.ts";
import { askedToEnd } from "../frame/asked-to-end.ts";
import { defineCommand, UsageError } from "../frame/command.ts";
import { wholeOf } from "../frame/flag-values.ts";
import { printJson } from "../host/connect.ts";
import { count } from "../host/wording.ts";
import { print, printError } from "../terminal/output.ts";
import { listen } from "../terminal/listen.ts";
import { paintFor } from "../terminal/paint.ts";
import { fleetFlags, type FleetFlagValues, fleetOf, strategyOf } from "./flags.ts";
import { follow, type Shown, untilOver } from "./follow.ts";
import { describeFleet, describeRollout, releaseTable, rolloutTable } from "./wording.ts";

type Action = (fleet: Fleet, flags: FleetFlagValues, operands: readonly string[]) => Promise<number>;

const actions: Readonly<Record<string, Action>> = {
  dashboard: async (fleet, { port }) => {
    const { serveFleet } = await import("../../src/dashboard/fleet/serve-fleet.ts");
    await using server = listen(port, (options) => serveFleet(fleet, options));
    await print(`the fleet's page is at ${server.url} (Ctrl-C ends it)\n`);
    await askedToEnd();
    return 0;
  },
  publish: async (fleet, flags, [dir, ...rest]) => {
    if (dir === undefined || rest.length > 0) throw new UsageError("publish takes one folder with artifacts");
    const release = await publish(fleet, dir, {
      ...by(flags),
      ...(flags.note === undefined ? {} : { note: flags.note }),
      ...(flags.sign === undefined ? {} : { sign: { key: flags.sign } }),
    });
    if (flags.json === true) await printJson(release);
    else await print(`release ${release.number}: ${Object.keys(release.plugins).join(", ")}\n`);
    return 0;
  },
  roll: async (fleet, flags, operands) => {
    const release = numberOf("roll", operands);
    if (release === undefined) throw new UsageError("roll takes the number of a release");
    return ended(fleet, flags, await fleet.roll(release, { ...by(flags), ...strategyOf(flags) }));
  },
  rollback: async (fleet, flags, operands) =>
    ended(fleet, flags, await fleet.rollback(numberOf("rollback", operands), { ...by(flags), ...strategyOf(flags) })),
  status: (fleet, flags) => show(fleet, flags, async (status) => [status, describeFleet(status, paintFor("stdout"))]),
  releases: (fleet, flags) =>
    show(fleet, flags, async (status) => {
      const releases = await fleet.releases();
      return [releases, releaseTable(releases, status, paintFor("stdout"))];
    }),
  rollouts: (fleet, flags) =>
    show(fleet, flags, async (status) => {
      const rollouts = await fleet.rollouts();
      return [rollouts, rolloutTable(rollouts, status, paintFor("stdout"))];
    }),
  abort: async (fleet, flags) => said(flags, await fleet.abort(by(flags))),
  pause: async (fleet, flags) => said(flags, await fleet.pause()),
  resume: async (fleet, flags) => said(flags, await fleet.resume()),
  promote: async (fleet, flags) => said(flags, await fleet.promote()),
  prune: async (fleet, flags) => {
    const pruned = await prune(fleet, flags.keep === undefined ? {} : { keep: wholeOf("keep", flags.keep) });
    if (flags.json === true) await printJson(pruned);
    else {
      const { releases, artifacts, bytes, rollouts, members } = pruned;
      const size = `${(bytes / 1024).toFixed(0)} KiB`;
      await print(
        `removed ${count(releases.length, "release")}, ${count(artifacts, "artifact")} (${size}), ${count(rollouts, "rollout")}, ${count(members.length, "member")}\n`,
      );
    }
    return 0;
  },
};

export const fleetCommand = defineCommand({
  name: "fleet",
  choices: Object.keys(actions),
  description: [
    "Publishes releases to a fleet of hosts and rolls them out: prepared on every host before any host runs it.",
    "",
    "Actions: publish <folder>, roll <release>, rollback [release], status, releases, rollouts,",
    "abort, pause, resume, promote (go on to everybody at once), prune, dashboard (a page, live).",
    "",
    "Credentials belong in HOTSWAP_FLEET_STORE or a file: other users of a machine see its command lines.",
  ].join("\n"),
  usage: "<action> [operand] [flags]",
  flags: fleetFlags,
  examples: [
    { purpose: "make a release of what is built", line: 'hotswap fleet publish bin --note "friends list"' },
    { purpose: "on all hosts at once", line: "hotswap fleet roll 42 --store fleet.db --fleet chat" },
    { purpose: "in steps", line: "hotswap fleet roll 42 --canary 1 --batches 10%,50%,100% --watch 30s" },
    { purpose: "see how it goes", line: "hotswap fleet status --follow" },
  ],
  async run({ flags, operands: [name, ...operands] }) {
    if (name === undefined) throw new UsageError(`give an action: ${Object.keys(actions).join(", ")}`);
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action === undefined) throw new UsageError(`unknown action ${name}${didYouMean(name, Object.keys(actions))}`);
    const fleet = await fleetOf(flags);
    await using _ = fleet.store;
    return await action(fleet, flags, operands);
  },
});

/** A line of text, or the same for programs. */
async function said(flags: FleetFlagValues, rollout: Rollout): Promise<number> {
  if (flags.json === true) await printJson(rollout);
  else await print(`${describeRollout(rollout)}\n`);
  return 0;
}

/** What `look` finds; with `--follow` again and again. */
async function show(
  fleet: Fleet,
  flags: FleetFlagValues,
  look: (status: FleetStatus) => Promise<readonly [answer: unknown, text: string]>,
): Promise<number> {
  const shown = async (): Promise<Shown> => {
    const status = await fleet.status();
    const [answer, text] = await look(status);
    return { answer, text, head: status.head };
  };
  if (flags.follow === true) return follow(shown, flags.json === true);
  const { answer, text } = await shown();
  if (flags.json === true) await printJson(answer);
  else await print(text);
  return 0;
}

/** Waits for the end of a rollout, unless that is not wanted. The exit code says how it ended. */
async function ended(fleet: Fleet, flags: FleetFlagValues, begun: Rollout): Promise<number> {
  if (flags.wait === false) return said(flags, begun);
  const say = flags.json === true ? async () => {} : (line: string) => print(`${line}\n`);
  const { rollout, running, alive } = await untilOver(fleet, begun, say);
  if (flags.json === true) await printJson({ ...rollout, running, alive });
  else if (rollout.state.is === "committed")
    await say(
      alive === 0
        ? `release ${rollout.release} runs nowhere: no member is alive; hosts that join the fleet load it`
        : `release ${rollout.release} runs on ${running} of ${alive} members`,
    );
  else {
    const paint = paintFor("stderr");
    await printError(`${paint.red("error:")} ${describeRollout(rollout)}\n`);
  }
  return rollout.state.is === "committed" ? 0 : 1;
}

function by(flags: FleetFlagValues): { by?: string } {
  return flags.by === undefined ? {} : { by: flags.by };
}

function numberOf(action: string, [text, ...rest]: readonly string[]): number | undefined {
  if (rest.length > 0) throw new UsageError(`${action} takes one release`);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${action} takes the number of a release, not "${text}"`);
}
