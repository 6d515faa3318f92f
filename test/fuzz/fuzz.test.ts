import { expect, test } from "bun:test";
import { Random } from "./random.ts";
import { attack } from "./target.ts";
import { targets } from "./targets.ts";

/** How many inputs of each kind; `bun run fuzz` tries as many as it has time for. */
const inputs: Readonly<Record<string, number>> = {
  artifacts: 150,
  "vault files": 40,
  "job files": 40,
  "log files": 20,
  "control requests": 150,
  "command lines": 400,
  names: 5,
};

test.each(Object.keys(targets))(
  "%s: whatever comes in is taken or refused with a code, and the live set stays",
  async (name) => {
    await using target = await (targets[name] ?? (() => Promise.reject(new TypeError(name))))();
    const seed = Math.floor(Math.random() * 2 ** 31);
    const outcome = await attack(
      target,
      seed,
      (each) => new Random(each),
      (count) => count >= (inputs[name] ?? 10),
    );
    expect(outcome.failures).toEqual([]);
  },
  60_000,
);
