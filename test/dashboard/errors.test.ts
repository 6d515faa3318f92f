import { expect } from "bun:test";
import { browserTest, keepScreenshot } from "../support/browser.ts";
import { journalPlugin } from "../support/host.ts";
import { contrastsOfPage } from "./contrast.ts";
import { PageVisit } from "./page-visit.ts";
import { createShown } from "./shown.ts";

const worker = (version: number): string => `
import { definePlugin } from "hotswap";
import { wishes } from "../../journal";
let calls = 0;
function kept() { return ${version}; }
export default definePlugin({
  onInit({ dataBag }) {
    dataBag.set("score", { points: ${version} });
    if (${version} === 1) wishes.set("kept", kept);
  },
  functions: {
    tenth() {
      if (++calls % 10 === 0) throw new TypeError("the tenth");
    },
    tick: () => void setTimeout(() => { throw new RangeError("tick"); }),
    rejects: () => void Promise.reject(new Error("nobody waits")),
  },
});
`;

browserTest(
  "the page shows errors first: the plugin is red, each kind has its place in the source, why it leaks, what the vault holds",
  async (browser) => {
    await using shown = await createShown(
      { worker: worker(1), quiet: journalPlugin("quiet") },
      {},
      { observe: "calls", leakAfter: 0 },
    );
    const { swapper } = shown.host;
    const visit = await PageVisit.open(browser, shown.url);
    const { page } = visit;
    await visit.generation("worker", 1);
    expect(await page.locator("#errors-panel").isHidden()).toBe(true);

    await shown.host.change("worker", worker(2));
    await swapper.reload();
    await visit.generation("worker", 2);
    const plugin = swapper.current?.findPlugin("worker");
    for (let call = 0; call < 20; call++) {
      try {
        plugin?.invokeFunc("tenth");
      } catch {
        // Shown on the page.
      }
    }
    plugin?.invokeFunc("tick");
    plugin?.invokeFunc("rejects");

    await page.locator("#errors > li").nth(2).waitFor();
    await page.locator('.node.erring[data-plugin="worker"]').waitFor();
    expect(await visit.node("quiet").getAttribute("class")).not.toContain("erring");
    const tenth = page.locator("#errors > li", { hasText: "TypeError: the tenth" });
    await tenth.locator("summary").first().click();
    await tenth.locator(".place", { hasText: "plugin/worker/index.ts:13:" }).waitFor();
    expect(await tenth.locator(".excerpt").first().textContent()).toContain('throw new TypeError("the tenth")');
    expect(await page.locator("#facts").textContent()).toMatch(/Errors[34]of 1 plugin/);

    await page.getByRole("button", { name: "score" }).click();
    await page.locator("#dialog .excerpt", { hasText: "points: 2" }).waitFor();
    await page.locator("#dialog").getByRole("button", { name: "Close" }).click();

    await visit.node("worker").click();
    await page.locator("#details").getByRole("button", { name: "why?" }).click();
    await page.locator("#dialog .excerpt", { hasText: "kept" }).waitFor();
    await page.locator("#dialog").getByRole("button", { name: "Close" }).click();
    expect((await page.evaluate(contrastsOfPage)).filter(({ contrast }) => contrast < 4.5)).toEqual([]);
    await keepScreenshot(page, "errors-light");
    await page.emulateMedia({ colorScheme: "dark" });
    expect((await page.evaluate(contrastsOfPage)).filter(({ contrast }) => contrast < 4.5)).toEqual([]);
    await keepScreenshot(page, "errors-dark");
    await page.setViewportSize({ width: 400, height: 800 });
    const facts = await page.locator("#facts").boundingBox();
    expect((facts?.y ?? 0) + (facts?.height ?? 0)).toBeLessThan(400);
    expect(await page.locator("#version").isVisible()).toBe(true);
    await keepScreenshot(page, "errors-narrow");
  },
);

browserTest("a probation is a bar that runs; when it went back, the page says why", async (browser) => {
  const source = (version: number): string => `
import { definePlugin } from "hotswap";
export default definePlugin({ functions: { fail() { throw new Error("bad ${version}"); } } });`;
  await using shown = await createShown({ worker: source(1) });
  const { page } = await PageVisit.open(browser, shown.url);
  await shown.host.change("worker", source(2));
  const details = await shown.host.swapper.reload(undefined, { probation: { watch: 60_000 } });
  await page.locator("#probation.running", { hasText: "0 of at most 0 errors" }).waitFor();
  expect(() => shown.host.swapper.current?.findPlugin("worker")?.invokeFunc("fail")).toThrow("bad 2");
  await details.probation;
  await page.locator("#probation.bad", { hasText: "went back: 1 error of the new plugins" }).waitFor();
});
