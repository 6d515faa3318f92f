import type { DashboardServer } from "../../src/dashboard/serve.ts";

/** The dashboard of the host under development. A host that was started again has a page of its own. */
export class DevDashboard implements AsyncDisposable {
  #server: DashboardServer | undefined;
  #control: string | undefined;

  /** Serves the page, and shows it in the browser; resolves to its address. */
  async open(control: string): Promise<string> {
    const { serveDashboard } = await import("../../src/dashboard/serve.ts");
    if (control !== this.#control) {
      await this.#server?.stop();
      this.#server = serveDashboard(control, { allowReload: true });
      this.#control = control;
    }
    const url = this.#server?.url ?? "";
    showInBrowser(url);
    return url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.stop();
  }
}

/** Where there is no browser, the address that is printed is enough. */
function showInBrowser(url: string): void {
  const openers: Readonly<Record<string, readonly string[]>> = {
    darwin: ["open"],
    win32: ["cmd", "/c", "start", ""],
  };
  const [program = "", ...args] = openers[process.platform] ?? ["xdg-open"];
  if (Bun.which(program) === null) return;
  Bun.spawn([program, ...args, url], { stdio: ["ignore", "ignore", "ignore"] }).unref();
}
