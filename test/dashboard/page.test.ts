import { expect } from "bun:test";
import { serveDashboard } from "../../src/dashboard/serve.ts";
import { SocketPath } from "../control/controlled-host.ts";
import { browserTest, keepScreenshot } from "../support/browser.ts";
import { createHost, journalPlugin } from "../support/host.ts";
import { contrastsOfPage } from "./contrast.ts";
import { PageVisit } from "./page-visit.ts";
import { createShown, failingPlugin } from "./shown.ts";

const trine = {
  alpha: journalPlugin("alpha"),
  beta: journalPlugin("beta", ["alpha"]),
  gamma: journalPlugin("gamma", ["beta"]),
};

browserTest(
  "the page follows the host: a reload, one that fails, calls, and what becomes of the old code",
  async (browser) => {
    const waiting = `
import { definePlugin } from "hotswap";
import { wishes } from "../../journal";
export default definePlugin({ functions: { wait: () => wishes.get("waiting") } });`;
    await using shown = await createShown({ ...trine, waiting });
    const visit = await PageVisit.open(browser, shown.url);
    const { page } = visit;
    for (const plugin of ["alpha", "beta", "gamma", "waiting"]) await visit.generation(plugin, 1);
    expect(await page.locator("#graph-picture .edge").count()).toBe(2);
    await page.getByText("1 attempt: 1 load").waitFor();

    await shown.host.change("beta", journalPlugin("beta", ["alpha"], 2));
    await shown.host.swapper.reload();
    await visit.generation("beta", 2);
    await visit.generation("gamma", 2);
    await visit.generation("alpha", 1);
    expect(await visit.node("gamma").getAttribute("class")).toContain("relinked");
    const reload = page.locator("#reloads > li").first();
    await reload.getByText("1 ok, 1 relinked, 2 unchanged").waitFor();

    await shown.host.change("gamma", failingPlugin("no luck"));
    await shown.host.swapper.reload().catch(() => {});
    const failed = page.locator("#reloads > li.failed").first();
    await failed.locator("summary").click();
    await failed.locator(".error-box").waitFor();
    expect(await failed.locator(".error-box").textContent()).toContain("HOTSWAP_HOOK_FAILED");
    expect(await failed.locator("tbody th").allTextContents()).toEqual(expect.arrayContaining(["load", "onInit"]));
    await page.locator("#facts").getByText("succeeded, 1 failed", { exact: true }).waitFor();
    await page.getByText("3 attempts: 1 load, 1 that counts, 1 failed").waitFor();
    const keys = await page.locator("#reloads-legend > span").allTextContents();
    expect(keys).toEqual(expect.arrayContaining(["scan", "load", "onInit", "swap", "failed"]));

    const held = Promise.withResolvers<void>();
    shown.host.wishes.set("waiting", held.promise);
    const call = shown.host.swapper.current?.findPlugin("waiting")?.invokeFunc("wait");
    await page.locator("#calls li", { hasText: "waiting #1" }).waitFor();
    await shown.host.project.build("gamma", {});
    await shown.host.change("gamma", trine.gamma);
    await shown.host.change("waiting", `${waiting}\nexport const changed = true;`);
    await shown.host.swapper.reload();
    await page.locator("#calls li.draining", { hasText: "waiting #1, draining" }).waitFor();
    await page.locator("#timeline-picture .draining").first().waitFor();
    await page.locator("#reloads > li.mended .outcome", { hasText: /^mended by #4; failed in onInit/ }).waitFor();
    const counter = page.locator("#facts dd", { hasText: "succeeded, 1 failed, mended" });
    await counter.waitFor();
    expect(await counter.getAttribute("title")).toContain("The reload counter");
    expect(await visit.node("waiting").locator(".older.draining").count()).toBe(1);
    held.resolve();
    await call;
    await page.locator("#calls li").first().waitFor({ state: "hidden" });
    expect(visit.troubles).toEqual([]);
    expect(
      visit.requests.filter((url) => !url.startsWith(new URL(shown.url).origin) && !url.startsWith("data:")),
    ).toEqual([]);
  },
);

browserTest("what a plugin is called and what an error says is shown as text", async (browser) => {
  const name = "<img src=x onerror=alert(1)>";
  const message = '</div><script>alert(2)</script>" onload="alert(3)';
  await using shown = await createShown({ alpha: journalPlugin("alpha"), [name]: journalPlugin("odd") });
  shown.host.swapper.current?.vault.dataBag.set("<b onclick=alert(4)>", 1);
  const visit = await PageVisit.open(browser, shown.url);
  const { page } = visit;
  await visit.node(name).waitFor();
  await visit.node(name).click();
  await page.locator("#details h2", { hasText: name }).waitFor();
  await page.locator("#vault li", { hasText: "<b onclick=alert(4)>" }).waitFor();
  await page.locator("#timeline-picture .label", { hasText: name }).waitFor();
  await shown.host.change("alpha", failingPlugin(message));
  await shown.host.swapper.reload().catch(() => {});
  await page.locator("#reloads li.failed summary").click();
  expect(await page.locator("#reloads .error-box").textContent()).toContain(message);
  await page.locator("#reloads .stack .phase-failed").hover();
  await page.locator("#tooltip", { hasText: "onInit" }).waitFor();
  expect(await page.locator("img, b, main script").count()).toBe(0);
  expect(visit.troubles).toEqual([]);
});

browserTest("the page says when the host is gone, keeps what it knew, and shows the next one", async (browser) => {
  await using socket = await SocketPath.create();
  await using board = serveDashboard(socket.path);
  let visit: PageVisit;
  {
    await using host = await createHost({ alpha: journalPlugin("alpha") }, { control: socket.path });
    await host.swapper.loadPlugins();
    visit = await PageVisit.open(browser, board.url);
    await visit.generation("alpha", 1);
  }
  await visit.state("Host is gone");
  expect((await visit.page.evaluate(contrastsOfPage)).filter(({ contrast }) => contrast < 4.5)).toEqual([]);
  await keepScreenshot(visit.page, "dashboard-gone");
  await visit.page.getByRole("alert").filter({ hasText: "The host does not answer since" }).waitFor();
  await visit.generation("alpha", 1);
  await using host = await createHost({ beta: journalPlugin("beta") }, { control: socket.path });
  await host.swapper.loadPlugins();
  await visit.state("Live");
  await visit.generation("beta", 1);
  expect(await visit.node("alpha").count()).toBe(0);
  expect(await visit.page.getByRole("alert").isVisible()).toBe(false);
  expect(visit.troubles).toEqual([]);
});

browserTest(
  "the page says when the dashboard's server is gone, and connects to the next one at its place",
  async (browser) => {
    await using shown = await createShown(trine);
    const port = Number(new URL(shown.url).port);
    const visit = await PageVisit.open(browser, shown.url);
    await shown.board.stop();
    await visit.state("Dashboard lost");
    await visit.page.getByRole("alert").filter({ hasText: "The dashboard's server does not answer" }).waitFor();
    await using next = serveDashboard(shown.socket, { port, token: shown.board.token });
    await visit.state("Live");
    expect(next.url).toBe(shown.url);
    expect(visit.page.url()).toBe(new URL("/", shown.url).href);
  },
);

browserTest("a page that may reload asks before: with the plan, and again when it failed", async (browser) => {
  await using shown = await createShown(trine, { allowReload: true });
  const visit = await PageVisit.open(browser, shown.url);
  const { page } = visit;
  const dialog = page.getByRole("dialog");
  await shown.host.change("alpha", journalPlugin("alpha", [], 2));
  await page.getByRole("button", { name: "Reload…" }).click();
  await dialog.getByRole("row", { name: "beta relinked its dependency alpha is loaded anew" }).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "hidden" });
  expect(shown.host.swapper.reloadCounter).toBe(0);

  await page.getByRole("button", { name: "Reload…" }).click();
  await dialog.getByRole("button", { name: "Reload", exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
  await visit.generation("alpha", 2);
  expect(shown.host.swapper.reloadCounter).toBe(1);

  await shown.host.change("gamma", failingPlugin("no luck"));
  await page.getByRole("button", { name: "Reload…" }).click();
  await dialog.getByRole("button", { name: "Reload", exact: true }).click();
  await dialog.locator(".error-box", { hasText: "no luck" }).waitFor();
  // As a keyboard leaves a dialog.
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });

  await page.getByRole("button", { name: "Roll back…" }).click();
  await dialog.getByRole("button", { name: "Roll back", exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
  await visit.generation("alpha", 3);
  expect(shown.host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
  // The browser itself reports the answer 409 of the reload that failed.
  expect(visit.troubles.filter((trouble) => !trouble.includes("409"))).toEqual([]);
});

browserTest("a page that only reads has nothing to reload with, but tells what a reload would do", async (browser) => {
  await using shown = await createShown(trine);
  const { page } = await PageVisit.open(browser, shown.url);
  await page.getByText("read-only").waitFor();
  expect(await page.getByRole("button", { name: /Reload|Roll back/ }).count()).toBe(0);
  await page.getByRole("button", { name: "Plan…" }).click();
  await page.getByRole("dialog").getByText("Nothing would change: 3 plugins as before.").waitFor();
  expect(await page.getByRole("dialog").getByRole("button").allTextContents()).toEqual(["Close"]);
});

browserTest("everything can be reached by keyboard, and pictures have tables for screen readers", async (browser) => {
  await using shown = await createShown(trine);
  const visit = await PageVisit.open(browser, shown.url);
  const { page } = visit;
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.locator(":focus").getAttribute("id")).toBe("graph");
  // The search, the switch, and then one place in the picture for the tab key.
  for (let stop = 0; stop < 3; stop++) await page.keyboard.press("Tab");
  expect(await page.locator(":focus").getAttribute("data-plugin")).toBe("alpha");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  expect(await page.locator(":focus").getAttribute("data-plugin")).toBe("gamma");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "gamma" }).waitFor();
  expect(await visit.node("gamma").getAttribute("aria-pressed")).toBe("true");
  await page.locator("#details").getByRole("button", { name: "beta" }).press("Enter");
  await page.getByRole("heading", { name: "beta" }).waitFor();
  await visit.node("beta").press("Escape");
  await page.locator("#details").waitFor({ state: "hidden" });

  const graph = page.getByRole("table", { name: "Plugins, dependencies first" });
  expect(await graph.getByRole("rowheader").allTextContents()).toEqual(["alpha", "beta", "gamma"]);
  expect(await graph.getByRole("row", { name: "beta" }).getByRole("cell").allTextContents()).toEqual(
    expect.arrayContaining(["#1", "ok", "alpha", "gamma"]),
  );
  const lives = page.getByRole("table", { name: "Generations by plugin" });
  expect(await lives.getByRole("row").count()).toBe(4);
  await page.locator("#graph-switch input").first().focus();
  await page.keyboard.press("ArrowRight");
  expect(await page.locator("#graph-picture").isVisible()).toBe(false);
  expect((await graph.boundingBox())?.height).toBeGreaterThan(50);
});

browserTest("a plugin that is put back as it was mends the reload that failed", async (browser) => {
  await using shown = await createShown(trine);
  const { page } = await PageVisit.open(browser, shown.url);
  await shown.host.change("gamma", failingPlugin("no luck"));
  await shown.host.swapper.reload().catch(() => {});
  await page.locator("#facts dt", { hasText: "Last reload" }).waitFor();
  await page.locator("#facts dd.bad", { hasText: "failed" }).waitFor();
  await shown.host.change("gamma", trine.gamma);
  await shown.host.swapper.reload();
  await page.locator("#reloads > li.mended").waitFor();
  await page.locator("#reloads > li").first().getByText("3 unchanged").waitFor();
  expect(await page.locator("#facts dd.bad").count()).toBe(0);
});
