import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { dashboard } from "hotswap/dashboard";
import { instrument } from "hotswap/opentelemetry";
import type { Status } from "../../src/control/protocol.ts";
import { hotswap } from "../cli/run-cli.ts";
import { type ControlledHost, createControlledHost } from "../control/controlled-host.ts";
import { type Misbehaving, misbehave, misbehaving, options, plugins, type Seen, SLOW } from "./misbehaving.ts";

/** What a view says of a plugin; `calls` is `undefined` where it does not count them by function. */
type View = (what: Misbehaving) => Omit<Seen, "calls"> & { readonly calls: number | undefined };

const views: Record<"status" | "metrics" | "prometheus" | "opentelemetry", View | undefined> = {
  status: undefined,
  metrics: undefined,
  prometheus: undefined,
  opentelemetry: undefined,
};

let controlled: ControlledHost;
let text = "";

beforeAll(async () => {
  controlled = await createControlledHost(plugins, options);
  await controlled.host.swapper.loadPlugins();
  await misbehave(controlled.host);
  const programs = await hotswap(controlled.host.project, "status", "--json", "--host", controlled.socket);
  views.status = statusView(JSON.parse(programs.stdout) as Status);
  text = (await hotswap(controlled.host.project, "status", "--host", controlled.socket)).stdout;
  views.metrics = metricsView(controlled);
  views.prometheus = await prometheusView(controlled);
  views.opentelemetry = await openTelemetryView(controlled);
}, 60_000);

afterAll(() => controlled[Symbol.asyncDispose]());

describe("15 what goes wrong is seen with the right numbers", () => {
  for (const what of misbehaving) {
    for (const view of Object.keys(views) as (keyof typeof views)[]) {
      test(`${what.plugin}: ${view}`, () => {
        const seen = views[view]?.(what);
        expect(seen).toEqual({ ...what.seen, calls: seen?.calls === undefined ? undefined : what.seen.calls });
      });
    }
  }

  test("status for people: errors first, what leaked, and the slowest function", () => {
    expect(text).toStartWith("errors\n");
    for (const [name, message] of [
      ["tenth#1", "TypeError: the tenth"],
      ["timer#1", "RangeError: tick"],
      ["rejects#1", "Error: no answer"],
      ["forgets#1", "Error: nobody waits"],
    ]) {
      expect(text).toContain(`  ${name} ${message}\n`);
    }
    expect(text).toMatch(/^leaked +leaks#1; hotswap explain leaks 1 names what holds it$/m);
    expect(text).toMatch(/^slow .*wait p99 [\d.]+ m?s/m);
  });
});

function statusView({ plugins: list, leaked }: Status): View {
  return ({ plugin, function: name }) => {
    const status = list.find((each) => each.name === plugin);
    return {
      calls: undefined,
      failures: status?.failures ?? -1,
      uncaught: status?.uncaught ?? -1,
      leaked: leaked.filter((each) => each.plugin === plugin).length,
      slow: status?.slowest?.name === name && status.slowest.p99 > SLOW * 0.9,
    };
  };
}

function metricsView({ host: { swapper } }: ControlledHost): View {
  const { totals, generations } = swapper.metrics();
  return ({ plugin, function: name }) => {
    const total = totals.find((each) => each.plugin === plugin);
    const fn = total?.functions.find((each) => each.name === name);
    return {
      calls: fn?.calls ?? -1,
      failures: total?.failures ?? -1,
      uncaught: total?.uncaught ?? -1,
      leaked: generations.filter((each) => each.plugin === plugin && each.leaked).length,
      slow: (fn?.p99 ?? 0) > SLOW * 0.9,
    };
  };
}

async function prometheusView({ host }: ControlledHost): Promise<View> {
  using board = dashboard(host.swapper);
  await using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: board.fetch });
  const response = await fetch(new URL("/metrics", server.url));
  const samples = new Map(
    (await response.text()).split("\n").map((line) => {
      const [, name = "", value] = /^(.*) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
  return ({ plugin, function: name }) => {
    const by = (family: string, labels = ""): number => samples.get(`${family}{plugin="${plugin}"${labels}}`) ?? -1;
    const fn = `,function="${name}"`;
    return {
      calls: by("hotswap_calls_total", fn),
      failures: by("hotswap_call_failures_total"),
      uncaught: by("hotswap_uncaught_errors_total"),
      leaked: by("hotswap_generations_leaked"),
      slow: by("hotswap_call_duration_seconds", `${fn},quantile="0.99"`) * 1000 > SLOW * 0.9,
    };
  };
}

async function openTelemetryView({ host }: ControlledHost): Promise<View> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  {
    using _ = instrument(host.swapper, { meter: provider.getMeter("hotswap") });
    await reader.forceFlush();
  }
  const metrics = exporter.getMetrics().at(-1)?.scopeMetrics[0]?.metrics ?? [];
  await provider.shutdown();
  return ({ plugin, function: name }) => {
    const value = (metric: string, fn?: string): number => {
      const points = metrics.find(({ descriptor }) => descriptor.name === metric)?.dataPoints ?? [];
      const point = points.find(
        ({ attributes }) => attributes["hotswap.plugin"] === plugin && attributes["hotswap.function"] === fn,
      );
      return typeof point?.value === "number" ? point.value : -1;
    };
    return {
      calls: value("hotswap.calls", name),
      failures: value("hotswap.call.failures", name),
      uncaught: value("hotswap.errors.uncaught"),
      leaked: value("hotswap.generations.leaked"),
      slow: value("hotswap.call.duration.p99", name) * 1000 > SLOW * 0.9,
    };
  };
}
