import { join } from "node:path";
import { expect, test } from "bun:test";
import { sqliteFleet } from "hotswap/fleet";
import { Child } from "../../support/child.ts";
import { fleetProject, webPlugin } from "../fleet-project.ts";

test("12 hosts that share a plugin folder fetch a release at the same moment, and each has it whole", async () => {
  await using at = await fleetProject((project) => () => sqliteFleet(project.path("fleet.db")));
  await at.publish(webPlugin(1));
  const words = [
    join(import.meta.dir, "fetch-together.ts"),
    at.project.path("fleet.db"),
    at.project.path("hosts"),
    "4",
  ];
  await using children = new AsyncDisposableStack();
  const all = Array.from({ length: 4 }, () =>
    children.use(new Child([process.execPath, ...words], { cwd: import.meta.dir })),
  );
  expect(await Promise.all(all.map((child) => child.exit()))).toEqual([0, 0, 0, 0]);
  expect(all.map(({ stdout, stderr }) => stdout + stderr)).toEqual(["", "", "", ""]);
});
