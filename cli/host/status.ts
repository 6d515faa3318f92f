import type { PluginStatus, Status } from "../../src/control/protocol.ts";
import { defineCommand } from "../frame/command.ts";
import { type Paint, paintFor } from "../terminal/paint.ts";
import { connect, hostFlags, isDeveloped, printJson } from "./connect.ts";
import { describeErrors } from "./errors.ts";
import { describeProbation } from "./logs.ts";
import { fields, table } from "./table.ts";
import { ago, count, describeReload, duration, shortHash } from "./wording.ts";
import { print } from "../terminal/output.ts";

/** Leaked generations that are named before the rest is only counted. */
const LEAKED_SHOWN = 5;

export const statusCommand = defineCommand({
  name: "status",
  description:
    "Shows what a running host has loaded: errors of its plugins, plugins, generations, calls under way, and the last reload.",
  usage: "[--host SOCKET] [--json]",
  flags: hostFlags,
  examples: [
    { purpose: "look at a host", line: "hotswap status --host /run/app.sock" },
    { purpose: "for a script", line: "hotswap status --host /run/app.sock --json" },
  ],
  async run({ flags }) {
    const status = await connect(flags).status();
    if (flags.json === true) await printJson(status);
    else await print(describeStatus(status, paintFor("stdout"), isDeveloped(flags)));
    return 0;
  },
});

/** A host's status for people, with a line feed at the end. Under `hotswap dev` plugins come from no folder of artifacts. */
export function describeStatus(status: Status, paint: Paint, underDev: boolean): string {
  const host = `process ${status.pid}, up ${duration(status.uptime)}, hotswap ${status.hotswap}, Bun ${status.bun}`;
  const { lastReload: last, sockets } = status;
  const overview = fields(
    [
      ["host", host],
      [
        "plugins",
        `${pluginCount(status)}${underDev ? ", built by hotswap dev" : status.static ? ", linked statically" : ` from ${status.pluginDir}`}`,
      ],
      ["reloads", String(status.reloadCounter)],
      ["last", last === null ? "nothing was loaded yet" : `${describeReload(last, paint)}, ${ago(last.startedAt)}`],
      ...(sockets.carried + sockets.pinned === 0
        ? []
        : [["sockets", `${sockets.carried} carried on over reloads, ${sockets.pinned} pinned to their set`] as const]),
      ...(status.leaked.length === 0 ? [] : [["leaked", paint.red(describeLeaked(status.leaked))] as const]),
      ...(status.probation === null ? [] : [["watch", describeProbation(status.probation, paint)] as const]),
    ],
    paint,
  );
  const parts = [describeErrors(status.errors, paint), overview];
  if (status.plugins.length > 0) parts.push(pluginTable(status.plugins, paint));
  return parts.filter(Boolean).join("\n");
}

/** Of what is still in memory, the newest: `worker#1, worker#2; hotswap explain worker 2 names what holds it`. */
function describeLeaked(leaked: Status["leaked"]): string {
  const names = leaked.slice(-LEAKED_SHOWN).map(({ plugin, generation }) => `${plugin}#${generation}`);
  const more = leaked.length - names.length;
  const newest = leaked.at(-1);
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}; hotswap explain ${newest?.plugin} ${newest?.generation} names what holds it`;
}

function pluginCount({ loaded, plugins }: Status): string {
  return loaded ? count(plugins.length, "plugin") : "none loaded";
}

function pluginTable(plugins: readonly PluginStatus[], paint: Paint): string {
  return table(
    plugins,
    [
      { title: "plugin", value: ({ name }) => name, paint: paint.bold },
      { title: "gen", value: ({ generation }) => `#${generation}`, right: true },
      { title: "hash", value: ({ hash }) => shortHash(hash), paint: paint.dim },
      { title: "loaded", value: ({ loadedAt }) => ago(loadedAt) },
      { title: "note", value: ({ note }) => note },
      { title: "calls", value: ({ calls }) => String(calls), right: true },
      {
        title: "errors",
        value: ({ failures, uncaught }) => (failures + uncaught > 0 ? String(failures + uncaught) : ""),
        right: true,
        paint: paint.red,
      },
      {
        title: "slowest",
        value: ({ slowest }) => (slowest === null ? "" : `${slowest.name} p99 ${duration(slowest.p99)}`),
      },
      { title: "depends on", value: ({ deps }) => deps.join(", ") },
      { title: "functions", value: ({ functions }) => functions.join(", ") },
    ],
    paint,
  );
}
