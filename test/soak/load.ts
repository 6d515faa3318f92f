import { join } from "node:path";
import { serve } from "hotswap";
import { numbered, Stamp } from "../../bench/harness/stamp.ts";
import { createHost } from "../support/host.ts";
import { uncollected } from "../support/collect.ts";
import type { ClientReport } from "./client.ts";
import { Samples } from "./samples.ts";

const mark = (number: number): string => numbered("mark", number);

const alpha = `import { definePlugin } from "hotswap";
const state = new Uint8Array(1 << 20).fill(1);
export default definePlugin({ export: () => ({ mark: () => "${mark(0)}", size: () => state.length }) });`;

/** Answers with its own mark and that of the plugin it depends on: they are the same in a consistent set. */
const web = `import { definePlugin, dependency } from "hotswap";
const deps = { alpha: dependency<{ mark(): string; size(): number }>("mark") };
setInterval(() => deps.alpha.size(), 1);
const both = () => "${mark(0)}/" + deps.alpha.mark();
export default definePlugin({ import: () => deps, functions: {
  async page() { const before = both(); await new Promise((resolve) => setTimeout(resolve, 1)); return new Response(before + " " + both()); },
  upgrade: (request: Request, server: any) => (server.upgrade(request) ? undefined : new Response("no", { status: 400 })),
  message: (socket: any, text: string) => void socket.send(text + " " + both()),
} });`;

/** How many samples are taken. */
const SAMPLES = 20;

/** Reloads `count` times back to back while another process asks, and answers what went wrong. */
export async function soakLoad(count: number, sockets = 200): Promise<string[]> {
  await using host = await createHost({ alpha, web }, { leakAfter: 1000 });
  const { swapper, project } = host;
  const stamps = {
    alpha: await Stamp.of(project.path("bin/alpha.js"), mark(0)),
    web: await Stamp.of(project.path("bin/web.js"), mark(0)),
  };
  await swapper.loadPlugins();
  const server = serve(swapper, {
    port: 0,
    hostname: "127.0.0.1",
    routes: { "/": "web.page", "/ws": "web.upgrade" },
    websocket: { plugin: "web" },
  });
  const client = Bun.spawn([process.execPath, join(import.meta.dir, "client.ts"), server.url.href, String(sockets)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const output = client.stdout.getReader();
  // Its first line says that all sockets are open.
  await output.read();
  const samples = new Samples();
  const every = Math.floor(count / SAMPLES);
  for (let number = 1; number <= count; number++) {
    for (const name of ["alpha", "web"] as const) stamps[name].publish(name, mark(number));
    await swapper.reload();
    host.logger.lines.length = 0;
    if (number % every === 0) await samples.take(number);
  }
  client.stdin.end();
  const report = JSON.parse(await rest(output)) as ClientReport;
  await client.exited;
  await server.stop(true);
  await swapper.drained();
  console.log(
    `${report.requests} requests, ${report.failed} failed; ${report.frames} frames over ${sockets} sockets, ${report.dropped} dropped; ${report.mixed} answers of a mixture; ${report.versions} versions seen`,
  );
  const held = await uncollected(swapper);
  return [
    ...(report.failed > 0 ? [`${report.failed} requests failed: ${report.firstFailure}`] : []),
    ...(report.dropped > 0 ? [`${report.dropped} sockets were dropped`] : []),
    ...(report.mixed > 0 ? [`${report.mixed} answers came of a mixture of sets`] : []),
    ...(report.versions < 2 ? ["the load saw no reload"] : []),
    ...samples.problems(),
    ...held.map((what) => `not collected: ${what}`),
  ];
}

async function rest(reader: { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> }): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    text += decoder.decode(chunk.value, { stream: true });
  }
  return text;
}
