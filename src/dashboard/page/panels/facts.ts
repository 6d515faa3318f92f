import type { HostStatus } from "../../feed.ts";
import { byId, ItemList } from "../dom.ts";
import { createFact, type Fact } from "../fact.ts";
import { count, formatAge, formatAgo, formatDuration } from "../format.ts";
import { type Panel, type Screen, stateName } from "./screen.ts";

/** The host at a glance. */
export class FactsPanel implements Panel {
  readonly #list = new ItemList<Fact>(byId("facts", HTMLElement), ({ name }) => name, createFact);
  #screen: Screen | undefined;

  update(screen: Screen): void {
    this.#screen = screen;
    this.tick(Date.now());
  }

  tick(now: number): void {
    if (this.#screen !== undefined) this.#list.update(factsOf(this.#screen, now));
  }
}

function factsOf({ feed }: Screen, now: number): Fact[] {
  const { status, vault, generations = [], reloads = [] } = feed;
  const states = generations.filter(({ state }) => state !== "collected").map(stateName);
  const having = (name: string): number => states.filter((state) => state === name).length;
  const calls = generations.reduce((sum, generation) => sum + generation.calls, 0);
  const busy = generations.filter((generation) => generation.calls > 0).length;
  const last = reloads.at(-1);
  const leaked = having("leaked");
  const kept = ["leaked", "loading", "draining", "freed"].flatMap((name) =>
    having(name) > 0 ? [`${having(name)} ${name}`] : [],
  );
  // There is room for two.
  const summary = kept.length > 2 ? `${kept[0]} and others` : kept.join(", ");
  const failed = reloads.filter(({ ok }) => !ok).length;
  const isMended = last?.ok === true;
  const errors = status?.errors ?? [];
  const erring = new Set(errors.map(({ plugin }) => plugin));
  return [
    {
      name: "Errors",
      value: status ? String(errors.reduce((sum, { count: times }) => sum + times, 0)) : "–",
      more: erring.size === 0 ? "of no plugin" : `of ${count(erring.size, "plugin")}`,
      alarm: erring.size > 0 ? "value" : undefined,
    },
    {
      name: "Plugins",
      value: status ? String(status.plugins.length) : "–",
      more: status ? pluginsMore(status.plugins) : "",
    },
    {
      name: "Generations",
      value: status ? String(states.length) : "–",
      more: summary === "" ? "all live" : summary,
      alarm: leaked > 0 ? "more" : undefined,
    },
    { name: "Calls under way", value: String(calls), more: callsMore(busy, status?.plugins ?? [], status?.sockets) },
    ...slowestOf(status?.plugins ?? []),
    {
      name: "Reloads",
      value: status ? String(status.reloadCounter) : "–",
      more: failed === 0 ? "all succeeded" : `succeeded, ${failed} failed${isMended ? ", mended" : ""}`,
      explanation:
        "The reload counter: reloads and rollbacks that succeeded. The first load and attempts that failed do not count; the list of reloads has them, too",
    },
    {
      name: last === undefined ? "Last reload" : `Last ${last.kind}`,
      value: last === undefined ? "–" : last.ok ? formatDuration(last.duration) : "failed",
      more: last === undefined ? "" : formatAgo(now - (Date.parse(last.startedAt) + last.duration)),
      alarm: last?.ok === false ? "value" : undefined,
    },
    {
      name: "Vault keys",
      value: vault ? String(vault.keys.length) : "–",
      more: vault ? `${count(vault.liveFuncs.length, "function")}, ${count(vault.liveTypes.length, "type")}` : "",
    },
    {
      name: "Up",
      value: status ? formatAge(now - status.startedAt) : "–",
      more: status ? `process ${status.pid}` : "",
    },
  ];
}

function pluginsMore(plugins: readonly { readonly reloadable: boolean }[]): string {
  const fixed = plugins.filter(({ reloadable }) => !reloadable).length;
  return fixed === 0 ? "all reloadable" : `${count(fixed, "plugin")} not reloadable`;
}

function callsMore(
  busy: number,
  plugins: HostStatus["plugins"],
  sockets: { readonly carried: number; readonly pinned: number } = { carried: 0, pinned: 0 },
): string {
  const called = plugins.reduce((sum, plugin) => sum + (plugin.called ?? 0), 0);
  const { carried, pinned } = sockets;
  return [
    busy > 0 ? `in ${count(busy, "generation")}` : called > 0 ? `${called} finished` : "idle",
    carried + pinned > 0 && `sockets: ${carried} carried on, ${pinned} pinned`,
  ]
    .filter(Boolean)
    .join("; ");
}

/** Not there unless calls are counted. */
function slowestOf(plugins: HostStatus["plugins"]): Fact[] {
  const [slowest] = plugins
    .flatMap(({ name, slowest: fn }) => (fn === null ? [] : [{ p99: fn.p99, name: `${name}.${fn.name}` }]))
    .toSorted((one, other) => other.p99 - one.p99);
  if (slowest === undefined) return [];
  const explanation = "99 of 100 calls of the slowest function are faster";
  return [{ name: "Slowest p99", value: formatDuration(slowest.p99), more: slowest.name, explanation }];
}
