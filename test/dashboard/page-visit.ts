import type { Browser, Locator, Page } from "playwright-core";

/** A dashboard's page in a browser, with everything that went wrong in it. */
export class PageVisit {
  readonly page: Page;
  /** Errors of scripts, of the console, and dialogs that a script opened. */
  readonly troubles: string[] = [];
  /** Addresses that the page asked for. */
  readonly requests: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.troubles.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.troubles.push(message.text());
    });
    page.on("dialog", (dialog) => {
      this.troubles.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => this.requests.push(request.url()));
  }

  /** Opens the page; resolves when it shows the host. */
  static async open(browser: Browser, url: string): Promise<PageVisit> {
    const viewport = { width: 1440, height: 900 };
    const context = await browser.newContext({ colorScheme: "light", viewport, reducedMotion: "reduce" });
    const visit = new PageVisit(await context.newPage());
    await visit.page.goto(url);
    await visit.state("Live");
    return visit;
  }

  /** Makes the window another one. */
  async look({ colorScheme, width, height }: Look): Promise<void> {
    await this.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await this.page.setViewportSize({ width, height });
  }

  /** Resolves when the page says that it is in this state. */
  async state(text: string): Promise<void> {
    await this.page.locator("#connection", { hasText: text }).waitFor();
  }

  /** The box of a plugin in the graph. */
  node(plugin: string): Locator {
    return this.page.locator(`#graph-picture [data-plugin=${JSON.stringify(plugin)}]`);
  }

  /** Resolves when the plugin's box shows this generation. */
  async generation(plugin: string, number: number): Promise<void> {
    await this.node(plugin)
      .locator(".number", { hasText: new RegExp(`^#${number}$`) })
      .waitFor();
  }
}

export interface Look {
  readonly colorScheme: "light" | "dark";
  /** In px. */
  readonly width: number;
  readonly height: number;
}
