import { readFileSync } from "node:fs";

const taskset = Bun.which("taskset");

/** The processors this process may use, as the kernel numbers them; empty where that cannot be told. */
function processors(): number[] {
  let list: string | undefined;
  try {
    list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  } catch {
    return [];
  }
  const numbers: number[] = [];
  for (const range of list?.split(",") ?? []) {
    const [first = 0, last = first] = range.split("-").map(Number);
    for (let number = first; number <= last; number++) numbers.push(number);
  }
  return numbers;
}

/**
 * `command`, bound to one processor where `taskset` exists: `measured` for what is measured (the last processor),
 * `other` for a load generator beside it (the one before).
 */
export function pinned(command: readonly string[], place: "measured" | "other" = "measured"): string[] {
  const all = processors();
  const processor = place === "measured" ? all.at(-1) : (all.at(-2) ?? all.at(-1));
  if (taskset === null || processor === undefined) return [...command];
  return [taskset, "-c", String(processor), ...command];
}

/** How processes are bound here, for the report. */
export function pinning(): string {
  return taskset === null || processors().length === 0
    ? "not bound to processors (no taskset)"
    : "hosts bound to one processor";
}
