import { expect } from "bun:test";
import { sqliteFleet } from "hotswap/fleet";
import { serveFleet } from "../../src/dashboard/fleet/serve-fleet.ts";
import { fleetProject, until, webPlugin } from "../fleet/fleet-project.ts";
import { browserTest, keepScreenshot } from "../support/browser.ts";

browserTest("a fleet's page shows members by release, the rollout, and why one was aborted", async (browser) => {
  await using at = await fleetProject((project) => () => sqliteFleet(project.path("fleet.db")));
  const members = [await at.join("a", { labels: { region: "eu" } }), await at.join("b")];
  await at.fleet.roll((await at.publish(webPlugin(1))).number);
  await until("both run it", () => members.every(({ member }) => member.release === 1));
  await using board = serveFleet(at.fleet);
  expect((await fetch(new URL("/api/fleet", board.url))).status).toBe(401);

  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  await page.goto(board.url);
  await page.locator("#members tr", { hasText: "release 1" }).nth(1).waitFor();
  expect(await page.locator("#members tr", { hasText: "region=eu" }).count()).toBe(1);
  await page.locator("#steps .done", { hasText: "committed" }).waitFor();

  await at.fleet.roll((await at.publish(webPlugin(2, `throw new Error("no luck");`))).number);
  await page.locator("#reason", { hasText: "no luck" }).waitFor();
  await page.locator("#rollouts .failed", { hasText: "aborted" }).waitFor();
  await page.locator("#steps .bad", { hasText: "aborted" }).waitFor();
  expect(await page.locator("#facts").textContent()).toContain("Release1");
  await keepScreenshot(page, "fleet-light");
  expect(troubles).toEqual([]);
});
