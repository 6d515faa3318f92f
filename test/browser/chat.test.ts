import { expect } from "bun:test";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { DemoCopy } from "../demo/demo-copy.ts";
import { browserTest, keepScreenshot } from "../support/browser.ts";
import { Child } from "../support/child.ts";

/** A browser in a room, with what became of its sockets. */
class Visitor {
  readonly page: Page;
  opened = 0;
  closed = 0;

  private constructor(page: Page) {
    this.page = page;
    page.on("websocket", (socket) => {
      this.opened++;
      socket.on("close", () => this.closed++);
    });
  }

  static async enter(browser: Browser, url: string, name: string, colorScheme: "dark" | "light"): Promise<Visitor> {
    // A context of its own is like a browser of its own.
    const context = await browser.newContext({ colorScheme, viewport: { width: 900, height: 560 } });
    const visitor = new Visitor(await context.newPage());
    await visitor.page.goto(url);
    await visitor.page.getByLabel("Your name").fill(name);
    await visitor.page.getByRole("button", { name: "Enter" }).click();
    await visitor.page.getByText("connection 1, reload 0").waitFor();
    return visitor;
  }

  async say(text: string): Promise<void> {
    await this.page.getByLabel("Message").fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** Resolves when the log ends with these lines. */
  async sees(...lines: string[]): Promise<void> {
    const last = this.page.locator("#log li").filter({ hasText: lines.at(-1) ?? "" });
    await last.last().waitFor();
    expect((await this.page.locator("#log li").allTextContents()).slice(-lines.length)).toEqual(lines);
  }
}

browserTest(
  "11 chat in two browsers: a reload and a rollback change format and command, and close no socket",
  async (browser) => {
    await using demo = await DemoCopy.create("chat");
    await using server = await demo.start();
    const [, url = ""] = /on (http:\S+)/.exec((await server.lines()).join()) ?? [];
    const ada = await Visitor.enter(browser, url, "Ada", "light");
    const bob = await Visitor.enter(browser, url, "Bob", "dark");
    await ada.say("hello, Bob");
    await bob.sees("Bob came in", "Ada: hello, Bob");
    await bob.say("/shout good morning");
    await ada.sees("Ada: hello, Bob", "Bob: GOOD MORNING");
    expect(await ada.page.locator("#people li").allTextContents()).toEqual(["Ada", "Bob"]);
    await keepScreenshot(ada.page, "chat-light-before");

    await demo.edit("plugin/chat/format.ts", "`${name}: ${text}`", "`<${name}> ${text}`");
    await demo.edit("plugin/chat/commands.ts", "words.toUpperCase()", "`${words.toUpperCase()}!!!`");
    expect(await demo.reload()).toMatchObject({ code: 0, stderr: "" });
    for (const visitor of [ada, bob]) {
      await visitor.page.getByText("connection 1, reload 1").waitFor();
      await visitor.sees("<Ada> hello, Bob", "<Bob> GOOD MORNING");
    }
    await ada.say("/shout what has changed");
    await bob.sees("<Bob> GOOD MORNING", "<Ada> WHAT HAS CHANGED!!!");
    await bob.say("/help");
    await bob.sees("you can /help /me /roll /shout /who");
    await keepScreenshot(bob.page, "chat-dark-after-reload");

    await rollback(demo);
    for (const visitor of [ada, bob]) await visitor.page.getByText("connection 1, reload 2").waitFor();
    await bob.sees("Ada: hello, Bob", "Bob: GOOD MORNING", "Ada: WHAT HAS CHANGED!!!");
    await bob.say("/shout as before");
    await ada.sees("Ada: WHAT HAS CHANGED!!!", "Bob: AS BEFORE");
    expect([ada.opened, ada.closed, bob.opened, bob.closed]).toEqual([1, 0, 1, 0]);
    expect(await server.status()).toMatchObject({ pid: server.pid });

    await bob.page.close();
    await ada.sees("Bob: AS BEFORE", "Bob left");
    await browser.close();
    expect(await server.stop()).toBe(0);
    expect(await demo.leftovers()).toEqual([]);
  },
);

/** As the owner of the server would in a shell. */
async function rollback(demo: DemoCopy): Promise<void> {
  const cli = join(import.meta.dir, "..", "..", "cli", "main.ts");
  await using child = new Child([process.execPath, cli, "rollback", "--host", demo.path("bin", "control")], {
    cwd: demo.project.root,
  });
  expect(await child.exit()).toBe(0);
  expect(child.stdout).toContain("chat");
}
