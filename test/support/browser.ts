import { afterAll, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

/** What people want to look at after a test run; Git ignores it. */
const outputDir = join(import.meta.dir, "..", "..", "test-output");

/** The installed Chromium, or `undefined`. `CHROMIUM` in the environment names another one. */
const executablePath =
  process.env["CHROMIUM"] ??
  ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
    .map((name) => Bun.which(name))
    .find((path) => path !== null);

/** As root in a container, without a graphics card, and without a word to anybody outside. */
const switches = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** That of the file whose tests run. */
let browser: Browser | undefined;

/**
 * A test that drives a real, headless Chromium, which it gets with no page open; what it opens is closed with it. The tests of a
 * file share one: to start it takes longer than most of them. Where no browser is installed they are skipped, and their names
 * say why.
 */
export function browserTest(name: string, run: (browser: Browser) => Promise<void>): void {
  if (executablePath === undefined) {
    test.skip(`${name} (no Chromium is installed: apt-get install chromium)`, () => {});
    return;
  }
  afterAll(async () => {
    await browser?.close();
    browser = undefined;
  });
  test(name, async () => {
    // Without a profile of its own, Playwright makes a fresh one in the folder for temporary files and removes it.
    browser ??= await chromium.launch({ executablePath, args: switches });
    try {
      await run(browser);
    } finally {
      for (const context of browser.contexts()) await context.close();
    }
  });
}

/** Keeps a picture of the page in `test-output/<name>.png`, if `HOTSWAP_SCREENSHOTS` is set in the environment. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  if (process.env["HOTSWAP_SCREENSHOTS"] === undefined) return;
  await mkdir(outputDir, { recursive: true });
  await page.screenshot({ path: join(outputDir, `${name}.png`) });
}
