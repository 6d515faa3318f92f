import { expect } from "bun:test";
import { misbehave, misbehaving, options, plugins, SLOW } from "../observe/misbehaving.ts";
import { browserTest, keepScreenshot } from "../support/browser.ts";
import { contrastsOfPage } from "./contrast.ts";
import { PageVisit } from "./page-visit.ts";
import { createShown } from "./shown.ts";

/** Text of a number of calls, failures and so on, as the page shows them side by side. */
type Cells = readonly string[];

browserTest("15 what goes wrong is seen on the page with the right numbers", async (browser) => {
  await using shown = await createShown(plugins, {}, options);
  await misbehave(shown.host);
  const visit = await PageVisit.open(browser, shown.url);
  const { page } = visit;
  const details = page.locator("#details");
  for (const { plugin, function: name, seen } of misbehaving) {
    await visit.node(plugin).click();
    await details.getByRole("heading", { name: plugin }).waitFor();
    const row = details.locator(".functions tr", { hasText: name });
    await row.waitFor();
    const cells: Cells = await row.getByRole("cell").allTextContents();
    expect(cells.slice(0, 3)).toEqual([String(seen.calls), String(seen.failures), "0"]);
    expect(millisecondsOf(cells[4]) > SLOW * 0.9).toBe(seen.slow);
    const errors = details.locator(".pairs dt", { hasText: /^Errors$/ });
    if (seen.failures + seen.uncaught === 0) expect(await errors.count()).toBe(0);
    else await details.getByText(`${seen.failures} of calls, ${seen.uncaught} uncaught`).waitFor();
    expect((await visit.node(plugin).getAttribute("class"))?.includes("erring")).toBe(
      seen.failures + seen.uncaught > 0,
    );
    expect(await details.getByRole("button", { name: "why?" }).count()).toBe(seen.leaked);
  }
  const kinds = await page.locator("#errors > li .outcome").allTextContents();
  expect(kinds.toSorted()).toEqual([
    "Error: no answer",
    "Error: nobody waits",
    "RangeError: tick",
    "TypeError: the tenth",
  ]);
  const facts = page.locator("#facts");
  await facts.getByText("of 4 plugins").waitFor();
  await facts.getByText("1 leaked").waitFor();
  const calls = misbehaving.reduce((sum, { seen }) => sum + seen.calls, 0);
  await facts.getByText(`${calls} finished`, { exact: true }).waitFor();
  await facts.getByText("slow.wait", { exact: true }).waitFor();

  for (const colorScheme of ["light", "dark"] as const) {
    for (const [name, width, height] of [
      ["wide", 1440, 1100],
      ["narrow", 400, 800],
    ] as const) {
      await visit.look({ colorScheme, width, height });
      expect((await page.evaluate(contrastsOfPage)).filter(({ contrast }) => contrast < 4.5)).toEqual([]);
      const scrollWidth = await page.evaluate(() =>
        Number(Reflect.get(Reflect.get(globalThis, "document").body, "scrollWidth")),
      );
      expect(scrollWidth).toBe(width);
      await keepScreenshot(page, `seen-${name}-${colorScheme}`);
    }
  }
  const box = await facts.boundingBox();
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(400);
  expect(await page.locator("#version").isVisible()).toBe(true);
  expect(visit.troubles).toEqual([]);
});

/** `421 ms` or `1.25 s`. */
function millisecondsOf(text = ""): number {
  const [, number, unit] = /^([\d.]+) (ms|s)$/.exec(text) ?? [];
  return Number(number ?? 0) * (unit === "s" ? 1000 : 1);
}
