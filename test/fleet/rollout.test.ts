import { describe, expect, test } from "bun:test";
import { sqliteFleet } from "hotswap/fleet";
import { type FleetProject, fleetProject, until, webPlugin } from "./fleet-project.ts";

function onSqlite(): Promise<FleetProject> {
  return fleetProject((project) => () => sqliteFleet(project.path("fleet.db")));
}

async function over(at: FleetProject, id: number) {
  await until(`rollout ${id} ends`, async () => (await at.fleet.now()).rollout === null);
  return at.fleet.rollout(id);
}

describe("12 a rollout", () => {
  test("is prepared by every member and then swapped by all", async () => {
    await using at = await onSqlite();
    const members = [await at.join("a"), await at.join("b")];
    const { number } = await at.publish(webPlugin(1));
    const { id } = await at.fleet.roll(number);
    expect((await over(at, id))?.state.is).toBe("committed");
    await until("both serve it", () => members.every(({ member }) => member.release === 1));
    expect(members.map((each) => each.served())).toEqual([1, 1]);
  });
});
