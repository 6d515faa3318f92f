import { describe, expect, test } from "bun:test";
import type { GenerationStatus } from "../../src/control/protocol.ts";
import type { GenerationSpan } from "../../src/dashboard/feed.ts";
import { Spans } from "../../src/dashboard/host/spans.ts";
import { count, formatAge, formatDuration, shortenMiddle } from "../../src/dashboard/page/format.ts";
import { isUneventful, rowsOf, segmentsOf } from "../../src/dashboard/page/timeline/rows.ts";
import { fractionAt, ticksOf } from "../../src/dashboard/page/timeline/scale.ts";

const MINUTE = 60_000;

function status(plugin: string, number: number, more: Partial<GenerationStatus>): GenerationStatus {
  return {
    plugin,
    number,
    hash: "a",
    state: "live",
    calls: 0,
    sockets: 0,
    age: 0,
    leaked: false,
    reached: {},
    ...more,
  };
}

function span(plugin: string, number: number, reached: GenerationSpan["reached"], leaked = false): GenerationSpan {
  const states = ["collected", "freed", "draining", "live", "loading"] as const;
  const state = states.find((name) => reached[name] !== undefined) ?? "loading";
  return { plugin, number, hash: "a", state, leaked, calls: 0, reached };
}

describe("the lives of generations", () => {
  test("a moment is worked out once: later answers, which took another time, do not move it", () => {
    const spans = new Spans();
    spans.update([status("alpha", 1, { reached: { loading: 1000, live: 900 } })], 10_000);
    spans.update(
      [status("alpha", 1, { state: "draining", reached: { loading: 2003, live: 1904, draining: 7 } })],
      11_000,
    );
    expect(spans.list()).toMatchObject([
      { state: "draining", reached: { loading: 9000, live: 9100, draining: 10_993 } },
    ]);
  });

  test("a generation that the host forgot was collected, and is kept", () => {
    const spans = new Spans();
    spans.update([status("alpha", 1, { state: "freed", calls: 1, reached: { loading: 10, freed: 5 } })], 1000);
    spans.update([status("alpha", 2, { reached: { loading: 10 } })], 2000);
    spans.update([status("alpha", 2, { reached: { loading: 1010 } })], 3000);
    expect(spans.list()).toMatchObject([
      { number: 1, state: "collected", calls: 0, reached: { freed: 995, collected: 2000 } },
      { number: 2, state: "live" },
    ]);
    spans.clear();
    expect(spans.list()).toEqual([]);
  });

  test("of collected generations the newest 400 are kept", () => {
    const spans = new Spans();
    for (let number = 1; number <= 500; number++) spans.update([status("alpha", number, {})], number);
    const kept = spans.list();
    expect(kept).toHaveLength(401);
    expect(kept[0]?.number).toBe(100);
  });
});

describe("the time line", () => {
  test("a generation's states follow each other; the last goes on until now", () => {
    const whole = span("alpha", 1, { loading: 0, live: 10, draining: 50, freed: 60, collected: 90 });
    expect(segmentsOf(whole, 100)).toEqual([
      { look: "loading", start: 0, end: 10 },
      { look: "live", start: 10, end: 50 },
      { look: "draining", start: 50, end: 60 },
      { look: "freed", start: 60, end: 90 },
    ]);
    const leaked = span("alpha", 1, { loading: 0, live: 10, draining: 50, freed: 60 }, true);
    expect(segmentsOf(leaked, 100).at(-1)).toEqual({ look: "leaked", start: 60, end: 100 });
    expect(segmentsOf(span("alpha", 1, { loading: 0, freed: 5 }), 9).map(({ look }) => look)).toEqual([
      "loading",
      "freed",
    ]);
  });

  test("generations of one plugin that are in memory at once stand in lanes, and lanes are used again", () => {
    const rows = rowsOf(
      [
        span("beta", 1, { loading: 0, live: 0 }),
        span("alpha", 1, { loading: 0, live: 0, draining: 50, freed: 60, collected: 70 }),
        span("alpha", 2, { loading: 50, live: 50, draining: 80 }),
        span("alpha", 3, { loading: 80, live: 80 }),
      ],
      { start: 0, end: 100 },
    );
    expect(rows.map(({ plugin, lanes }) => [plugin, lanes])).toEqual([
      ["alpha", 2],
      ["beta", 1],
    ]);
    expect(rows[0]?.bars.map(({ span: { number }, lane }) => [number, lane])).toEqual([
      [1, 0],
      [2, 1],
      [3, 0],
    ]);
    expect(rows.map(isUneventful)).toEqual([false, true]);
  });

  test("what was collected before the time shown is left out", () => {
    const old = span("alpha", 1, { loading: 0, live: 0, draining: 1, freed: 2, collected: 3 });
    expect(rowsOf([old], { start: 5, end: 10 })).toEqual([]);
    expect(rowsOf([old], { start: 2, end: 10 })).toHaveLength(1);
  });

  test("ticks are round moments at even distances, no more than there is room for", () => {
    const end = new Date(2026, 10, 22, 16, 40, 7).getTime();
    const minutes = ticksOf({ start: end - 9 * MINUTE, end }, 10);
    expect(minutes.step).toBe(MINUTE);
    expect(minutes.times).toHaveLength(9);
    expect(minutes.times.every((time) => new Date(time).getSeconds() === 0)).toBe(true);
    const days = ticksOf({ start: end - 100 * 24 * 60 * MINUTE, end }, 8);
    expect(days.times.length).toBeLessThanOrEqual(8);
    expect(ticksOf({ start: end, end }, 5).times).toEqual([]);
    expect(fractionAt({ start: 0, end: 200 }, 50)).toBe(0.25);
  });
});

describe("words and numbers of the page", () => {
  test("durations and ages are as exact as people need them", () => {
    expect([0.01, 0.42, 38.4, 1250, 61_000].map(formatDuration)).toEqual([
      "< 0.1 ms",
      "0.4 ms",
      "38 ms",
      "1.25 s",
      "1 min",
    ]);
    expect([-5, 4900, 12 * MINUTE, 185 * MINUTE, 52 * 60 * MINUTE].map(formatAge)).toEqual([
      "0 s",
      "4 s",
      "12 min",
      "3 h 5 min",
      "2 d 4 h",
    ]);
    expect([count(1, "plugin"), count(0, "plugin")]).toEqual(["1 plugin", "0 plugins"]);
  });

  test("a long path loses its middle", () => {
    expect(shortenMiddle("/srv/app", 20)).toBe("/srv/app");
    expect(shortenMiddle("/srv/game/releases/current/bin/plugins", 20)).toBe("/srv/ga…/bin/plugins");
  });
});
