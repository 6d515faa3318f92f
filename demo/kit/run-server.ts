import type { PluginManagerSwapper } from "hotswap";
import { watch } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { basename } from "node:path";
import { placeOf } from "./place.ts";
import { Reloads } from "./reloads.ts";

export interface RunServerOptions {
  /** The demo's folder. */
  readonly demo: string;
  /** Its plugins are loaded. */
  readonly swapper: Pick<PluginManagerSwapper<unknown>, "reload" | "close">;
  /** What the server prints every second, and answers to `GET /`. */
  readonly lines: () => readonly string[] | Promise<readonly string[]>;
}

/**
 * Runs the demo's server until SIGINT or SIGTERM. It reloads on SIGUSR2, and when the signal file appears:
 *
 * - `GET /` answers the lines
 * - `GET /status` answers `{ demo, pid, reloads }`, with the attempts to reload so far
 * - `GET /reloads/N` waits for the end of the Nth attempt and answers `{ ok, text }`
 */
export async function runServer({ demo, swapper, lines }: RunServerOptions): Promise<void> {
  const place = placeOf(demo);
  const reloads = new Reloads();

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 60,
    routes: {
      "/": async () => new Response((await lines()).join("\n")),
      "/status": () => Response.json({ demo: basename(demo), pid: process.pid, reloads: reloads.count }),
      "/reloads/:number": async ({ params }) => Response.json(await reloads.outcome(Number(params.number))),
    },
  });

  const print = async (): Promise<void> => {
    try {
      console.log((await lines()).join("\n"));
    } catch (error) {
      console.error(`there is nothing to print: ${error}`);
    }
  };

  const reload = async (): Promise<void> => {
    try {
      const details = await swapper.reload();
      await print();
      reloads.add({ ok: true, text: String(details) });
    } catch (error) {
      // The set before the attempt is still live and goes on serving.
      console.error(String(error));
      reloads.add({ ok: false, text: String(error) });
    }
  };

  await mkdir(place.bin, { recursive: true });
  await rm(place.signal, { force: true });
  const watcher = watch(place.bin, async () => {
    // Only one of the events about a file gets to delete it: one file, one reload.
    if (await deleted(place.signal)) await reload();
  });
  if (process.platform !== "win32") process.on("SIGUSR2", reload);

  const clock = setInterval(print, 1000);

  const stop = async (): Promise<void> => {
    clearInterval(clock);
    watcher.close();
    await Promise.all([rm(place.pid, { force: true }), rm(place.url, { force: true })]);
    await server.stop();
    await swapper.close();
    process.exit();
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);

  await print();
  await Bun.write(place.pid, String(process.pid));
  await Bun.write(place.url, server.url.origin);
  console.log(`${basename(demo)} answers on ${server.url.origin}, process ${process.pid}`);
}

async function deleted(file: string): Promise<boolean> {
  try {
    await rm(file);
    return true;
  } catch {
    // It is not there; or, on Windows, it is still being written, and one more event is to come.
    return false;
  }
}
