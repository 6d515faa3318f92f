/**
 * Spans and instruments for OpenTelemetry.
 *
 * @module hotswap/opentelemetry
 */
import {
  type Attributes,
  type BatchObservableResult,
  context,
  type Meter,
  type ObservableResult,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { HotswapError } from "../errors.ts";
import { type FunctionMetrics, leakedOf, type SwapperMetrics } from "../reload/metrics.ts";
import type { ReloadListener, ReloadRecord } from "../reload/reload-log.ts";

/** What is used of a swapper. */
export interface InstrumentedSwapper {
  /** As `PluginManagerSwapper.subscribe`. */
  subscribe(listener: ReloadListener): () => void;
  /** As `PluginManagerSwapper.metrics`. */
  metrics(): SwapperMetrics;
}

/** Where spans and metrics go; what is left out is not made. */
export interface InstrumentOptions {
  readonly meter?: Meter;
  readonly tracer?: Tracer;
}

/**
 * Tells OpenTelemetry what a swapper does, until it is disposed of (SPEC 15.2): a span for each load, reload and rollback
 * with one for each of its steps, the time of reloads as a histogram, and calls, failures, errors and generations as
 * observable instruments. Times are in seconds. Needs the package `@opentelemetry/api`.
 *
 * @example
 *     import { metrics, trace } from "@opentelemetry/api";
 *     import { instrument } from "hotswap/opentelemetry";
 *
 *     using _ = instrument(swapper, { meter: metrics.getMeter("hotswap"), tracer: trace.getTracer("hotswap") });
 */
export function instrument(swapper: InstrumentedSwapper, { meter, tracer }: InstrumentOptions): Disposable {
  const duration = meter?.createHistogram("hotswap.reload.duration", {
    unit: "s",
    description: "How long loads, reloads and rollbacks take",
  });
  const unsubscribe = swapper.subscribe((news) => {
    if (news.type !== "end") return;
    const { record } = news;
    duration?.record(record.duration / 1000, attributesOf(record));
    if (tracer !== undefined) traceReload(tracer, record);
  });
  const stopObserving = meter === undefined ? undefined : observe(swapper, meter);
  return {
    [Symbol.dispose]() {
      unsubscribe();
      stopObserving?.();
    },
  };
}

function attributesOf(record: ReloadRecord): Attributes {
  const attributes: Attributes = { "hotswap.reload.kind": record.kind };
  if (!record.ok) attributes["error.type"] = errorType(record.error);
  return attributes;
}

function errorType(error: Error): string {
  return error instanceof HotswapError ? error.code : error.name;
}

/** Steps follow each other without a gap: where each began is the sum of those before it. */
function traceReload(tracer: Tracer, record: ReloadRecord): void {
  const start = record.startedAt.getTime();
  const span = tracer.startSpan(`hotswap.${record.kind}`, { startTime: start, attributes: attributesOf(record) });
  const parent = trace.setSpan(context.active(), span);
  let at = start;
  for (const [phase, time = 0] of Object.entries(record.timings)) {
    tracer.startSpan(`hotswap.${record.kind}.${phase}`, { startTime: at }, parent).end(at + time);
    at += time;
  }
  if (record.ok) {
    span.setAttribute("hotswap.reload.counter", record.reloadCounter);
    span.setAttribute("hotswap.reload.plugins", String(record.details));
  } else {
    span.recordException(record.error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: record.error.message });
  }
  span.end(start + record.duration);
}

type Observe = (result: ObservableResult, metrics: SwapperMetrics) => void;

/** Observable instruments that read the swapper's metrics when they are collected. Returns what ends that. */
function observe(swapper: InstrumentedSwapper, meter: Meter): () => void {
  const perFunction =
    (value: (fn: FunctionMetrics) => number | undefined): Observe =>
    (result, { totals }) => {
      for (const { plugin, functions } of totals) {
        for (const fn of functions) {
          const number = value(fn);
          if (number !== undefined) {
            result.observe(number, { "hotswap.plugin": plugin, "hotswap.function": fn.name });
          }
        }
      }
    };
  const perPlugin =
    (value: (plugin: SwapperMetrics["totals"][number], metrics: SwapperMetrics) => number): Observe =>
    (result, metrics) => {
      for (const total of metrics.totals) result.observe(value(total, metrics), { "hotswap.plugin": total.plugin });
    };
  const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
  const instruments = [
    [meter.createObservableCounter("hotswap.calls", { unit: "{call}" }), perFunction(({ calls }) => calls)],
    [
      meter.createObservableCounter("hotswap.call.failures", { unit: "{call}" }),
      perFunction(({ failures }) => failures),
    ],
    [meter.createObservableGauge("hotswap.call.duration.p50", { unit: "s" }), perFunction(({ p50 }) => seconds(p50))],
    [meter.createObservableGauge("hotswap.call.duration.p99", { unit: "s" }), perFunction(({ p99 }) => seconds(p99))],
    [
      meter.createObservableCounter("hotswap.errors.uncaught", { unit: "{error}" }),
      perPlugin(({ uncaught }) => uncaught),
    ],
    [
      meter.createObservableGauge("hotswap.generations", { unit: "{generation}" }),
      ((result, { generations }) => {
        for (const [state, list] of Map.groupBy(generations, (each) => each.state)) {
          result.observe(list.length, { "hotswap.generation.state": state });
        }
      }) satisfies Observe,
    ],
    [
      meter.createObservableGauge("hotswap.generations.leaked", { unit: "{generation}" }),
      perPlugin(({ plugin }, { generations }) => leakedOf(plugin, generations)),
    ],
  ] as const;
  const observables = instruments.map(([observable]) => observable);
  // One callback for all, so that they are asked for once at each collection.
  const callback = (result: BatchObservableResult): void => {
    const metrics = swapper.metrics();
    for (const [observable, look] of instruments) {
      look({ observe: (value, attributes) => result.observe(observable, value, attributes) }, metrics);
    }
  };
  meter.addBatchObservableCallback(callback, observables);
  return () => meter.removeBatchObservableCallback(callback, observables);
}
