import manifest from "../../package.json" with { type: "json" };
import { excerptOf } from "./excerpt.ts";
import { compareNames } from "../link/link.ts";
import type { Plugin } from "../link/plugin.ts";
import type { FunctionMetrics, GenerationMetrics } from "../reload/metrics.ts";
import type { ReloadNews, ReloadRecord } from "../reload/reload-log.ts";
import type { ErrorGroup } from "../generation/error-log.ts";
import type { ProbationState } from "../plan/probation-state.ts";
import {
  type ControlEvent,
  type ErrorReport,
  type Explained,
  type Generations,
  type GenerationsChanged,
  type Hello,
  type Metrics,
  type Plan,
  type PluginStatus,
  type Probation,
  PROTOCOL,
  type Reload,
  type Reloads,
  type Status,
  type StoredValue,
  type VaultKeys,
  type VaultValue,
} from "./protocol.ts";
import type { VisibleSwapper } from "../reload/host-target.ts";
import { toWire } from "./wire.ts";

export function statusOf(swapper: VisibleSwapper): Status {
  const last = swapper.reloads.at(-1);
  const servers = Array.from(swapper.servers);
  const { errors, generations } = swapper.metrics();
  const counted = new Map(generations.map((each) => [`${each.plugin}#${each.generation}`, each]));
  return {
    protocol: PROTOCOL,
    hotswap: manifest.version,
    bun: Bun.version,
    pid: process.pid,
    uptime: process.uptime() * 1000,
    pluginDir: swapper.staticLinkingMode ? "" : swapper.pluginDir,
    reloadCounter: swapper.reloadCounter,
    static: swapper.staticLinkingMode,
    loaded: swapper.current !== undefined,
    plugins:
      swapper.current?.plugins.map((plugin) =>
        pluginStatus(plugin, counted.get(`${plugin.name}#${plugin.generation}`)),
      ) ?? [],
    sockets: {
      carried: servers.reduce((sum, { carried }) => sum + carried, 0),
      pinned: servers.reduce((sum, { pinned }) => sum + pinned, 0),
    },
    lastReload: last === undefined ? null : reloadOf(last),
    probation: swapper.probation === undefined ? null : probationOf(swapper.probation),
    errors: errors.map(errorReportOf),
    leaked: swapper.generations
      .filter(({ leaked }) => leaked)
      .map(({ plugin, number }) => ({ plugin, generation: number })),
  };
}

export function metricsOf(swapper: VisibleSwapper): Metrics {
  const metrics = swapper.metrics();
  return { ...metrics, errors: metrics.errors.map(errorReportOf) };
}

function probationOf(state: ProbationState): Probation {
  return { ...state, startedAt: state.startedAt.toISOString(), reason: state.reason ?? null };
}

function errorReportOf(group: ErrorGroup): ErrorReport {
  return {
    ...group,
    function: group.function ?? null,
    place: group.place ?? null,
    excerpt: excerptOf(group.place),
    firstAt: group.firstAt.toISOString(),
    lastAt: group.lastAt.toISOString(),
  };
}

function pluginStatus(plugin: Plugin, counted: GenerationMetrics | undefined): PluginStatus {
  const { name, file, hash, note, generation, deps, source } = plugin;
  return {
    name,
    file,
    hash,
    note,
    generation,
    loadedAt: plugin.loadedAt.toISOString(),
    reloadable: source.isReloadable,
    deps,
    functions: Array.from(source.functions.keys()).toSorted(),
    calls: source.record.calls,
    failures: source.record.stats.failures,
    uncaught: source.record.stats.uncaught,
    called: source.record.stats.countsCalls
      ? (counted?.functions ?? []).reduce((sum, { calls = 0 }) => sum + calls, 0)
      : null,
    slowest: slowestOf(counted?.functions ?? []),
  };
}

function slowestOf(functions: readonly FunctionMetrics[]): PluginStatus["slowest"] {
  let slowest: PluginStatus["slowest"] = null;
  for (const { name, p99 } of functions) {
    if (p99 !== undefined && p99 > (slowest?.p99 ?? 0)) slowest = { name, p99 };
  }
  return slowest;
}

export function generationsOf(swapper: VisibleSwapper): Generations {
  return {
    generations: swapper.generations.toSorted((a, b) => compareNames(a.plugin, b.plugin) || a.number - b.number),
  };
}

/** Rejects with a `RangeError` for a generation that there never was. */
export async function explainedOf(swapper: VisibleSwapper, plugin: string, number: number): Promise<Explained> {
  const explanation = await swapper.explain({ plugin, number });
  const { state, path, suspects } = explanation;
  return { plugin: explanation.plugin, number, state, path, suspects, text: String(explanation) };
}

export function reloadsOf(swapper: VisibleSwapper): Reloads {
  return { reloads: swapper.reloads.map(reloadOf) };
}

export async function planOf(swapper: VisibleSwapper, rehearse: boolean): Promise<Plan> {
  const plan = await swapper.plan({ rehearse });
  return {
    plugins: Array.from(plan, ([name, note]) => ({ name, note, reason: plan.reasons.get(name) ?? "" })),
    migrations: plan.migrations?.map(({ key, error }) => ({ key, error: error ? toWire(error) : null })) ?? null,
  };
}

export function vaultKeysOf(swapper: VisibleSwapper): VaultKeys {
  const vault = swapper.current?.vault;
  return {
    keys: Array.from(vault?.dataBag.keys() ?? []).toSorted(),
    liveFuncs: Array.from(vault?.liveFuncs.keys() ?? []).toSorted(),
    liveTypes: Array.from(vault?.liveTypes.keys() ?? []).toSorted(),
  };
}

export function vaultValueOf(swapper: VisibleSwapper, key: string): VaultValue {
  const bag = swapper.current?.vault.dataBag;
  if (bag?.has(key) !== true) return { key, found: false, text: "" };
  return { key, found: true, text: Bun.inspect(bag.get(key), { depth: 10 }) };
}

export function storedValueOf(swapper: VisibleSwapper, key: string): StoredValue {
  const stored = swapper.current?.vault.dataBag.snapshot([key]) ?? {};
  return key in stored ? { key, value: stored[key] } : { key };
}

export function reloadOf(record: ReloadRecord): Reload {
  const { id, kind, duration, timings } = record;
  const attempt = { id, kind, startedAt: record.startedAt.toISOString(), duration, timings };
  if (!record.ok) return { ...attempt, ok: false, error: toWire(record.error) };
  const notes = Array.from(record.details, ([name, note]) => ({ name, note }));
  return { ...attempt, ok: true, reloadCounter: record.reloadCounter, notes };
}

export function eventOf(news: ReloadNews): Exclude<ControlEvent, Hello | GenerationsChanged> {
  switch (news.type) {
    case "start":
      return { ...news, startedAt: news.startedAt.toISOString() };
    case "progress":
      return news;
    case "end":
      return { type: "end", reload: reloadOf(news.record) };
    case "error":
      return { type: "error", error: errorReportOf(news.group) };
    case "leak":
      return news;
    case "probation":
      return { type: "probation", probation: probationOf(news.probation) };
    default:
      return news satisfies never;
  }
}
