import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Place, placeOf } from "./place.ts";
import type { Outcome } from "./reloads.ts";

interface Status {
  readonly demo: string;
  readonly pid: number;
  readonly reloads: number;
}

/**
 * A demo's running server, seen from another process. One that was started here is ended when this is disposed of; one
 * that was found running goes on.
 */
export class DemoServer implements AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  readonly #place: Place;
  readonly #child: Bun.Subprocess | undefined;

  private constructor(place: Place, pid: number, url: string, child?: Bun.Subprocess) {
    this.#place = place;
    this.pid = pid;
    this.url = url;
    this.#child = child;
  }

  /** The server of this demo that is running, or a new one. */
  static async findOrStart(demo: string): Promise<DemoServer> {
    return (await DemoServer.#find(demo)) ?? DemoServer.#start(demo);
  }

  get wasStartedHere(): boolean {
    return this.#child !== undefined;
  }

  /** The lines that the server answers. */
  async lines(): Promise<string[]> {
    const response = await fetch(this.url);
    if (!response.ok) throw new Error(`${this.url} answered ${response.status}`);
    return (await response.text()).split("\n");
  }

  /** Has the server reload and waits until it did. Rejects with the server's reason when the reload fails. */
  async reload(): Promise<string> {
    const { reloads } = await status(this.url);
    const over = json<Outcome>(`${this.url}/reloads/${reloads + 1}`);
    if (process.platform === "win32") await writeFile(this.#place.signal, "");
    else process.kill(this.pid, "SIGUSR2");
    const { ok, text } = await over;
    if (!ok) throw new Error(text);
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.kill();
    await this.#child?.exited;
  }

  /** A pid alone proves nothing: the process may be another one by now. So the server is asked who it is. */
  static async #find(demo: string): Promise<DemoServer | undefined> {
    const place = placeOf(demo);
    try {
      const pid = Number(await readFile(place.pid, "utf8"));
      const url = await readFile(place.url, "utf8");
      const found = await status(url);
      return found.demo === basename(demo) && found.pid === pid ? new DemoServer(place, pid, url) : undefined;
    } catch {
      return undefined;
    }
  }

  static async #start(demo: string): Promise<DemoServer> {
    const child = Bun.spawn([process.execPath, join(demo, "run.ts")], { stdout: "pipe", stderr: "inherit" });
    const decoder = new TextDecoder();
    let output = "";
    // Read to the end of the server's life, or a full pipe would halt it.
    const reader = child.stdout.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`the server did not start:\n${output}`);
      output += decoder.decode(value, { stream: true });
      const url = /answers on (\S+),/.exec(output)?.[1];
      if (url === undefined) continue;
      void drain(reader);
      return new DemoServer(placeOf(demo), child.pid, url, child);
    }
  }
}

async function drain(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}

function status(url: string): Promise<Status> {
  return json<Status>(`${url}/status`);
}

async function json<Answer>(url: string): Promise<Answer> {
  return (await (await fetch(url)).json()) as Answer;
}
