import { expect, test } from "bun:test";
import { missing } from "../engines/engine.ts";
import type { StoreKind } from "./place.ts";
import { soakFleet } from "./run.ts";

/** The short form of `bun run soak:fleet`. */
function shortSoak(kind: StoreKind, cure: string | undefined): void {
  const name = `12 real hosts on ${kind} keep F1 to F3, whatever fault a rollout has`;
  if (cure !== undefined) {
    test.skip(`${name} (not installed: ${cure})`, () => {});
    return;
  }
  test(
    name,
    async () => {
      const lines: string[] = [];
      const seed = Math.floor(Math.random() * 2 ** 32);
      const say = (line: string): number => lines.push(line);
      const problems = await soakFleet(kind, { rollouts: 2, members: 3, seed, interval: 40, say });
      expect(problems, `seed ${seed}: ${lines.join("; ")}`).toEqual([]);
    },
    60_000,
  );
}

shortSoak("sqlite", undefined);
shortSoak("postgres", missing("postgres"));
shortSoak("redis", missing("redis"));
