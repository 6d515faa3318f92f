import { expect, test } from "bun:test";
import { soakBeside } from "./dev-beside.ts";

test("17 after bursts of random edits the server answers what a fresh build and a fresh host do", async () => {
  const { comparisons, problems } = await soakBeside();
  expect(problems).toEqual([]);
  expect(comparisons).toBeGreaterThan(0);
}, 300_000);
