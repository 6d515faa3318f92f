import { type FunctionMetrics, leakedOf, type SwapperMetrics } from "../reload/metrics.ts";

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "summary";
  readonly help: string;
  readonly samples: readonly Sample[];
}

interface Sample {
  /** What is added to the family's name: `_sum`. */
  readonly suffix?: string;
  readonly labels?: Labels;
  readonly value: number;
}

/** Content type of {@link prometheusText}. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The metrics in Prometheus' text format (SPEC 15.2). Times are in seconds. */
export function prometheusText(metrics: Omit<SwapperMetrics, "errors">): string {
  return families(metrics)
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(({ suffix = "", labels = {}, value }) => `${name}${suffix}${labelText(labels)} ${value}`),
        "",
      ].join("\n"),
    )
    .join("");
}

function families({ reloads, generations, totals }: Omit<SwapperMetrics, "errors">): Family[] {
  const functions = totals.flatMap(({ plugin, functions: list }) =>
    list.map((fn) => ({ fn, labels: { plugin, function: fn.name } })),
  );
  const perFunction = (value: (fn: FunctionMetrics) => number | undefined): Sample[] =>
    functions.flatMap(({ fn, labels }) => {
      const number = value(fn);
      return number === undefined ? [] : [{ labels, value: number }];
    });
  const states = Map.groupBy(generations, ({ state }) => state);
  const underWay = generations.flatMap(({ plugin, generation, functions: list }) =>
    list.flatMap(({ name, underWay: number }) =>
      number === undefined
        ? []
        : [{ labels: { plugin, generation: String(generation), function: name }, value: number }],
    ),
  );
  return [
    {
      name: "hotswap_reloads_total",
      type: "counter",
      help: "Loads, reloads and rollbacks by their outcome.",
      samples: [
        { labels: { outcome: "succeeded" }, value: reloads.succeeded },
        { labels: { outcome: "failed" }, value: reloads.failed },
      ],
    },
    {
      name: "hotswap_generations",
      type: "gauge",
      help: "Generations that are not yet collected, by state.",
      samples: Array.from(states, ([state, list]) => ({ labels: { state }, value: list.length })),
    },
    {
      name: "hotswap_generations_leaked",
      type: "gauge",
      help: "Generations that were freed and are still in memory, by plugin.",
      samples: totals.map(({ plugin }) => ({ labels: { plugin }, value: leakedOf(plugin, generations) })),
    },
    {
      name: "hotswap_uncaught_errors_total",
      type: "counter",
      help: "Errors of background work that nobody caught, by plugin.",
      samples: totals.map(({ plugin, uncaught }) => ({ labels: { plugin }, value: uncaught })),
    },
    {
      name: "hotswap_call_failures_total",
      type: "counter",
      help: "Calls that threw or rejected, by plugin.",
      samples: totals.map(({ plugin, failures }) => ({ labels: { plugin }, value: failures })),
    },
    {
      name: "hotswap_function_failures_total",
      type: "counter",
      help: "Calls that threw or rejected, by function.",
      samples: perFunction(({ failures }) => failures),
    },
    {
      name: "hotswap_calls_total",
      type: "counter",
      help: "Calls, by function.",
      samples: perFunction(({ calls }) => calls),
    },
    {
      name: "hotswap_calls_under_way",
      type: "gauge",
      help: "Calls whose promise is not settled, by generation and function.",
      samples: underWay,
    },
    {
      name: "hotswap_call_duration_seconds",
      type: "summary",
      help: "How long calls take, of those that were timed.",
      samples: functions.filter(({ fn }) => fn.timed.count > 0).flatMap(({ fn, labels }) => durations(fn, labels)),
    },
  ];
}

function durations({ p50 = 0, p99 = 0, timed }: FunctionMetrics, labels: Labels): Sample[] {
  return [
    { labels: { ...labels, quantile: "0.5" }, value: p50 / 1000 },
    { labels: { ...labels, quantile: "0.99" }, value: p99 / 1000 },
    { suffix: "_sum", labels, value: timed.sum / 1000 },
    { suffix: "_count", labels, value: timed.count },
  ];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
