import { describe, expect, test } from "bun:test";
import { compareRuns, type HistoryEntry, historyEntry, lastRun, readHistory } from "../../bench/report/history.ts";
import type { Figure } from "../../bench/report/section.ts";

const machine = { processors: "2 x fast", system: "24 GB", versions: [], pinning: "", date: "" };

function run(...figures: Figure[]): HistoryEntry {
  const section = { title: "", method: "", tables: [], goals: [], absent: [], charts: [], figures };
  return historyEntry("sample", machine, { section, date: "", load: "" });
}

const time = (...values: number[]): Figure => ({ name: "reload", unit: "ms", better: "less", values });
const rate = (...values: number[]): Figure => ({ name: "requests", unit: "a second", better: "more", values });

describe("bench --compare", () => {
  test("tells what became slower by more than the noise", () => {
    const { worse, better } = compareRuns(run(time(10, 11, 12, 13)), run(time(20, 21, 22, 23)));
    expect(worse).toEqual(["reload: 11.5 -> 21.5 ms (1.87 x)"]);
    expect(better).toEqual([]);
  });

  test("knows of what more is better", () => {
    const { worse, better } = compareRuns(
      run(rate(100, 101, 102), time(5, 5, 5)),
      run(rate(50, 51, 52), time(4, 4, 4)),
    );
    expect([worse.length, better.length]).toEqual([1, 1]);
    expect(worse[0]).toStartWith("requests: 101 -> 51");
  });

  test("says nothing of measurements whose middle halves overlap, of small differences, and of what is new", () => {
    const before = run(time(10, 14, 18, 22));
    expect(compareRuns(before, run(time(13, 17, 21, 25)))).toEqual({ worse: [], better: [] });
    expect(compareRuns(run(time(10, 10, 10)), run(time(10.4, 10.4, 10.4)))).toEqual({ worse: [], better: [] });
    expect(compareRuns(before, run(rate(1)))).toEqual({ worse: [], better: [] });
  });

  test("finds the newest run of the same benchmark on the same machine", () => {
    const [old, now] = [run(time(10)), run(time(20))];
    const others = [
      { ...now, benchmark: "other" },
      { ...now, machine: "another" },
    ];
    expect(lastRun([old, now, ...others], run(time(30)))).toBe(now);
    expect(lastRun(others, now)).toBeUndefined();
  });

  test("can read the history that is there", () => {
    const history = readHistory();
    expect(history).not.toBeEmpty();
    for (const entry of history) {
      expect(lastRun(history, entry)).toBeDefined();
      expect(compareRuns(entry, entry)).toEqual({ worse: [], better: [] });
    }
  });
});
