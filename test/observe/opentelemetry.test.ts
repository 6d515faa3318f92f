import { expect, test } from "bun:test";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { instrument } from "hotswap/opentelemetry";
import type { ReloadListener } from "hotswap";
import { createHost, journalPlugin } from "../support/host.ts";
import { countedHost } from "./counted.ts";

test("15.2 a reload is a span with one for each step; one that is refused has its error", async () => {
  const spans = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  await using host = await createHost({ alpha: journalPlugin("alpha") });
  {
    using _ = instrument(host.swapper, { tracer: provider.getTracer("hotswap") });
    await host.swapper.loadPlugins();
    await host.swapper.reload(undefined, () => Promise.reject(new Error("refused"))).catch(() => {});
  }
  await host.swapper.reload();
  const all = spans.getFinishedSpans();
  const [load, reload, ...others] = all.filter(({ parentSpanContext }) => parentSpanContext === undefined);
  expect(others).toEqual([]);
  expect(load).toMatchObject({
    name: "hotswap.load",
    attributes: { "hotswap.reload.kind": "load" },
    status: { code: 0 },
  });
  const steps = all.filter(({ parentSpanContext }) => parentSpanContext?.spanId === load?.spanContext().spanId);
  expect(steps.map(({ name }) => name)).toContain("hotswap.load.onInit");
  expect(steps.at(-1)?.name).toBe("hotswap.load.swap");
  expect(reload).toMatchObject({
    name: "hotswap.reload",
    status: { code: 2 },
    attributes: { "error.type": "HOTSWAP_CALLBACK_FAILED" },
  });
  expect(reload?.events[0]?.name).toBe("exception");
});

test("15.2 calls, failures, errors and generations are metrics with the right numbers", async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  await using host = await countedHost();
  let asked = 0;
  const counting = {
    subscribe: (listener: ReloadListener) => host.swapper.subscribe(listener),
    metrics() {
      asked++;
      return host.swapper.metrics();
    },
  };
  using _ = instrument(counting, { meter: provider.getMeter("hotswap") });
  await host.swapper.reload();
  await reader.forceFlush();
  // However many instruments there are.
  expect(asked).toBe(1);
  const [latest] = exporter.getMetrics().slice(-1);
  const points = new Map(
    latest?.scopeMetrics[0]?.metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]),
  );
  const of = (name: string, fn: string): unknown =>
    points.get(name)?.find(({ attributes }) => attributes["hotswap.function"] === fn)?.value;
  expect(of("hotswap.calls", "add")).toBe(3);
  expect(of("hotswap.call.failures", "fail")).toBe(2);
  expect(of("hotswap.call.duration.p99", "later")).toBeGreaterThan(0.015);
  expect(points.get("hotswap.reload.duration")?.[0]?.value).toMatchObject({ count: 1 });
  expect(points.get("hotswap.generations.leaked")?.[0]?.value).toBe(0);
  await provider.shutdown();
});
