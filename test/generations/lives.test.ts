import { expect, test } from "bun:test";
import { LifeArtifacts } from "./lives/life-artifacts.ts";
import { Life } from "./lives/life.ts";

/** How many lives, and how many steps each. */
const LIVES = 20;
const STEPS = 100;

test("whatever happens in the life of a host, each plugin sees what the contract says", async () => {
  await using artifacts = await LifeArtifacts.create();
  for (let seed = 1; seed <= LIVES; seed++) await Life.live(seed, STEPS, artifacts);
  expect(artifacts.lives.probes.size).toBe(0);
}, 300_000);
