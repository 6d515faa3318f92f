import { expect, test } from "bun:test";
import { soakDev } from "./dev-loop.ts";

/** In s; `bun run soak:dev` takes an hour. */
const TIME = 120;

test("17 after bursts of random edits the server answers what a fresh build and a fresh host do", async () => {
  const { comparisons, problems } = await soakDev(TIME, Date.now() % 1_000_000, () => undefined);
  expect(problems).toEqual([]);
  expect(comparisons).toBeGreaterThan(0);
}, 300_000);
