import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { browserTest, keepScreenshot } from "../support/browser.ts";
import { contrastsOfPage } from "./contrast.ts";
import { type Look, PageVisit } from "./page-visit.ts";
import { createShown, failingPlugin, type Shown } from "./shown.ts";

const words = ["auth", "billing", "chat", "economy", "friends", "guilds", "items", "market", "quests", "weather"];

/** Plugins that depend on some of those before them, as in a host of that size; the same ones every time. */
function manyPlugins(amount: number): Record<string, string> {
  const names = Array.from({ length: amount }, (_, index) =>
    index < words.length ? (words[index] ?? "") : `${words[index % words.length]}-${Math.floor(index / words.length)}`,
  );
  return Object.fromEntries(
    names.map((name, index) => {
      const first = index % 4 === 0 ? undefined : names[Math.floor((index * index) / (amount + 7))];
      const second = index % 3 === 0 ? names[Math.floor(index / 5)] : undefined;
      const deps = [first, second].filter((dep) => dep !== undefined && dep !== name);
      return [name, pluginOf(name, Array.from(new Set(deps)) as string[])];
    }),
  );
}

/** A plugin with something to show in each panel. `mark` makes another version of it. */
function pluginOf(name: string, deps: readonly string[], mark = 1): string {
  const slots = deps.map((dep) => `${JSON.stringify(dep)}: dependency<{ version(): number }>("version")`).join(", ");
  return `
import { definePlugin, dependency } from "hotswap";
import { wishes } from "../../journal";

const deps = { ${slots} };
export default definePlugin({
  import: () => deps,
  export: () => ({ version: () => ${mark} }),
  onInit: (vault) => { if ("${name}" === "chat") vault.dataBag.set("rooms", []); },
  functions: { hum: () => ${mark}, wait: () => wishes.get("waiting") },
});
${name === "chat" ? "export function live_Announce() {}\nexport class Live_Room {}\n" : ""}`;
}

/** A host in which everything is to be seen: calls, older generations of each state, and a reload that failed. */
async function createBusy(plugins: Record<string, string>, last: string): Promise<Shown> {
  await using owned = new AsyncDisposableStack();
  const shown = owned.use(await createShown(plugins, { allowReload: true }, { leakAfter: 0 }));
  const { host } = shown;
  const wait = (): unknown => host.swapper.current?.findPlugin(last)?.invokeFunc("wait");
  const held = Promise.withResolvers<void>();
  owned.defer(() => held.resolve());
  host.wishes.set("waiting", held.promise);

  // What holds the code of this version is the host itself.
  await host.change(last, `${plugins[last]}\nwishes.set("kept", () => deps);`);
  await host.swapper.reload();
  await host.change(last, `${plugins[last]}\nexport const step = 1;`);
  await host.swapper.reload();
  await host.swapper.drained();
  void wait();
  await host.change(last, failingPlugin("Cannot read properties of undefined (reading 'rooms')"));
  await host.swapper.reload().catch(() => {});
  await host.change(last, `${plugins[last]}\nexport const step = 2;`);
  await host.swapper.reload();
  void wait();
  void wait();
  const stack = owned.move();
  return { ...shown, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Whatever is shown can be read, and nothing stands out of the window. */
async function expectLegible(page: Page, { width }: Look): Promise<void> {
  const texts = await page.evaluate(contrastsOfPage);
  expect(texts.length).toBeGreaterThan(40);
  expect(texts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
  expect(await page.evaluate(() => Number(Reflect.get(Reflect.get(globalThis, "document").body, "scrollWidth")))).toBe(
    width,
  );
  expect(await page.evaluate(cutTiles)).toEqual([]);
}

/** Runs in the page: what the tiles at the top show in part only. */
function cutTiles(): string[] {
  interface Tile {
    readonly scrollWidth: number;
    readonly clientWidth: number;
    readonly textContent: string | null;
  }
  const all = Reflect.get(globalThis, "document").querySelectorAll(".facts dd, .facts small") as Iterable<Tile>;
  const cut = Array.from(all).filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
  return cut.map(({ textContent }) => textContent ?? "");
}

const sizes = [
  { plugins: 3, last: "chat" },
  { plugins: 30, last: "weather-2" },
  { plugins: 200, last: "weather-19" },
];

const looks: readonly (Look & { readonly name: string })[] = [
  { name: "light", colorScheme: "light", width: 1440, height: 1000 },
  { name: "dark", colorScheme: "dark", width: 1300, height: 1000 },
  { name: "small-light", colorScheme: "light", width: 420, height: 1400 },
  { name: "small-dark", colorScheme: "dark", width: 420, height: 1400 },
];

for (const { plugins, last } of sizes) {
  browserTest(
    `${plugins} plugins are legible, in dark and light, in a large window and a small one${plugins === 200 ? ", and drawn when they change" : ""}`,
    async (browser) => {
      await using shown = await createBusy(manyPlugins(plugins), last);
      const visit = await PageVisit.open(browser, shown.url);
      const { page } = visit;
      await page.locator("#timeline-picture .leaked").first().waitFor();
      await page.locator("#calls li.draining").waitFor();
      expect(await page.locator("#graph-picture .node").count()).toBe(plugins);
      if (plugins === 200) await expectQuick(shown, visit, plugins, last);
      for (const { name, ...look } of looks) {
        await visit.look(look);
        await expectLegible(page, look);
        await keepScreenshot(page, `dashboard-${plugins}-${name}`);
      }
      expect(visit.troubles).toEqual([]);
    },
  );
}

/** The page has so many elements a plugin, and a reload of one plugin draws that one anew. */
async function expectQuick({ host }: Shown, visit: PageVisit, plugins: number, last: string): Promise<void> {
  const { page } = visit;
  const elements = await page.evaluate(() => Number(Reflect.get(Reflect.get(globalThis, "document").all, "length")));
  expect(elements).toBeLessThan(1000 + plugins * 35);
  await page.evaluate(watchDrawing);
  const next = (host.swapper.current?.findPlugin(last)?.generation ?? 0) + 1;
  await host.change(last, `${manyPlugins(plugins)[last]}\nexport const step = 3;`);
  await host.swapper.reload();
  await visit.generation(last, next);
  expect(await page.evaluate(() => Array.from(Reflect.get(globalThis, "drawnPlugins") as Set<string>))).toEqual([last]);
}

/** Runs in the page: keeps the names of plugins whose boxes are drawn again. */
function watchDrawing(): void {
  interface Target {
    readonly parentElement: Target | null;
    closest?(selector: string): { getAttribute(name: string): string | null } | null;
  }
  const names = new Set<string>();
  Reflect.set(globalThis, "drawnPlugins", names);
  const Observer = Reflect.get(globalThis, "MutationObserver") as new (
    hear: (records: readonly { readonly target: Target }[]) => void,
  ) => { observe(target: unknown, options: object): void };
  const observer = new Observer((records) => {
    for (const { target } of records) {
      const element = target.closest === undefined ? target.parentElement : target;
      const name = element?.closest?.("[data-plugin]")?.getAttribute("data-plugin");
      if (name != null) names.add(name);
    }
  });
  const picture: unknown = Reflect.get(globalThis, "document").getElementById("graph-picture");
  observer.observe(picture, { subtree: true, childList: true, attributes: true, characterData: true });
}

browserTest("what is chosen, opened or asked is legible, too", async (browser) => {
  await using shown = await createBusy(manyPlugins(30), "weather-2");
  const visit = await PageVisit.open(browser, shown.url);
  const { page } = visit;
  const keep = async (name: string): Promise<void> => {
    for (const colorScheme of ["light", "dark"] as const) {
      const look = { colorScheme, width: 1440, height: 1200 };
      await visit.look(look);
      await expectLegible(page, look);
      await keepScreenshot(page, `dashboard-${name}-${colorScheme}`);
    }
  };
  await visit.node("market-2").click();
  await page.locator("#reloads li.failed summary").click();
  await page.locator("#timeline-all").check();
  await keep("details");
  await page.locator("#graph-switch label", { hasText: "Table" }).click();
  await page.locator("#timeline-switch label", { hasText: "Table" }).click();
  await keep("tables");
  await page.getByRole("button", { name: "Reload…" }).click();
  await page.getByRole("dialog").getByText("plugins as before").waitFor();
  await keep("dialog");
});
