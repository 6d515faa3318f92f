import type { Failure, FleetStatus, MemberInfo, Release, Rollout } from "../../src/fleet/index.ts";
import { count, duration } from "../host/wording.ts";
import { fields, table } from "../host/table.ts";
import type { Paint } from "../terminal/paint.ts";

/** `m-3, plugin web, onInit: no luck (HOTSWAP_HOOK_FAILED)`. */
export function describeFailure({ member, plugin, phase, code, message }: Failure): string {
  const where = [member, plugin === undefined ? undefined : `plugin ${plugin}`, phase].filter(
    (part) => part !== undefined,
  );
  return `${where.length === 0 ? "" : `${where.join(", ")}: `}${message}${code === undefined ? "" : ` (${code})`}`;
}

/** `rollout 3 of release 42: watching, step 1 of 3 (1 member)`. */
export function describeRollout(rollout: Rollout): string {
  const { id, release, state, step, strategy, hold, failure } = rollout;
  const steps = strategy.steps.length > 1 ? `, step ${step + 1} of ${strategy.steps.length}` : "";
  const members = "participants" in state ? `, ${count(state.participants, "member")}` : "";
  const held = hold && state.is !== "paused" ? ", to be paused" : "";
  const why = failure === undefined ? "" : `, because ${describeFailure(failure)}`;
  return `rollout ${id} of release ${release}: ${state.is}${steps}${members}${held}${why}`;
}

export function describeFleet({ fleet, store, head, members }: FleetStatus, paint: Paint): string {
  const alive = members.filter((member) => member.alive).length;
  const rows: [string, string][] = [
    ["fleet", `${fleet} in ${store}`],
    ["release", head.committed === null ? "none: members run what lies in their folders" : String(head.committed)],
    ["members", `${alive} alive${alive === members.length ? "" : `, ${members.length - alive} gone`}`],
    ["rollout", head.rollout === null ? "none" : describeRollout(head.rollout)],
  ];
  return members.length === 0 ? fields(rows, paint) : `${fields(rows, paint)}\n${memberTable(members, paint)}`;
}

function memberTable(members: readonly MemberInfo[], paint: Paint): string {
  return table(
    members,
    [
      { title: "member", value: ({ id }) => id, paint: paint.bold },
      { title: "runs", value: ({ runs }) => (runs === null ? "own folder" : String(runs)), right: true },
      {
        title: "state",
        value: ({ alive, state }) => (alive ? state : "gone"),
        paint: (text, { alive, state }) => (alive && state === "serving" ? paint.green(text) : paint.red(text)),
      },
      { title: "lease", value: ({ lease }) => (lease > 0 ? duration(lease) : `ended ${duration(-lease)} ago`) },
      { title: "host", value: ({ host, pid }) => `${host} ${pid}` },
      {
        title: "labels",
        value: ({ labels }) =>
          Object.entries(labels)
            .map((pair) => pair.join("="))
            .join(" "),
      },
      { title: "why", value: ({ failure }) => (failure === undefined ? "" : describeFailure(failure)) },
    ],
    paint,
  );
}

export function releaseTable(releases: readonly Release[], { now, head }: FleetStatus, paint: Paint): string {
  if (releases.length === 0) return "no releases\n";
  return table(
    releases.toReversed(),
    [
      { title: "release", value: ({ number }) => String(number), right: true, paint: paint.bold },
      {
        title: "",
        value: ({ number }) => (number === head.committed ? "runs" : number === head.previous ? "before" : ""),
      },
      { title: "published", value: ({ at }) => `${duration(Math.max(0, now - at))} ago` },
      { title: "by", value: ({ by }) => by },
      { title: "plugins", value: ({ plugins }) => Object.keys(plugins).join(", ") },
      { title: "note", value: ({ note }) => note },
    ],
    paint,
  );
}

export function rolloutTable(rollouts: readonly Rollout[], { now }: FleetStatus, paint: Paint): string {
  if (rollouts.length === 0) return "no rollouts\n";
  return table(
    rollouts.toReversed(),
    [
      { title: "rollout", value: ({ id }) => String(id), right: true, paint: paint.bold },
      { title: "release", value: ({ release }) => String(release), right: true },
      {
        title: "state",
        value: ({ state }) => state.is,
        paint: (text, { state }) => (state.is === "committed" ? paint.green(text) : paint.yellow(text)),
      },
      { title: "began", value: ({ at }) => `${duration(Math.max(0, now - at))} ago` },
      { title: "took", value: ({ at, state }) => ("at" in state ? duration(Math.max(0, state.at - at)) : "") },
      { title: "by", value: ({ by }) => by },
      { title: "why", value: ({ failure }) => (failure === undefined ? "" : describeFailure(failure)) },
    ],
    paint,
  );
}
