/** What a plugin can open, by kind: code that opens it under `key`. `witness` is the host's. */
export const openers = {
  setInterval: `setInterval(() => witness.tick(key), 1);`,
  setTimeout: `const again = () => { witness.tick(key); setTimeout(again, 1); }; again();`,
  setImmediate: `const again = () => { witness.tick(key); setImmediate(again); }; again();`,
  "Bun.serve": `witness.port(key, Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(key) }).port);`,
  "Bun.listen": `witness.port(key, Bun.listen({ port: 0, hostname: "127.0.0.1", socket: { open(socket) { socket.end(key); }, data() {} } }).port);`,
  "node:net server": `
    const { createServer } = await import("node:net");
    const server = createServer((socket) => socket.end(key));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    witness.port(key, server.address().port);`,
  "node:http server": `
    const { createServer } = await import("node:http");
    const server = createServer((_, response) => response.end(key));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    witness.port(key, server.address().port);`,
  "Bun.udpSocket": `
    const socket = await Bun.udpSocket({ hostname: "127.0.0.1", socket: { data(socket, data, port, address) { socket.send(data, port, address); } } });
    witness.port(key, socket.port);`,
  "node:dgram": `
    const { createSocket } = await import("node:dgram");
    const socket = createSocket("udp4");
    socket.on("message", (data, { port, address }) => socket.send(data, port, address));
    await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
    witness.port(key, socket.address().port);`,
  "Bun.connect": `
    await Bun.connect({ hostname: "127.0.0.1", port: witness.tcpPort, socket: { open(socket) { socket.write(key); }, data() {} } });`,
  "node:net socket": `
    const { connect } = await import("node:net");
    const socket = connect(witness.tcpPort, "127.0.0.1");
    socket.write(key);`,
  WebSocket: `
    const socket = new WebSocket(witness.url.replace("http", "ws") + "?" + encodeURIComponent(key));
    await new Promise((resolve) => { socket.onopen = resolve; });`,
  fetch: `void fetch(witness.url + "?" + encodeURIComponent(key));`,
  "node:http request with an Agent of its own": `
    const { Agent, request } = await import("node:http");
    request(witness.url + "?" + encodeURIComponent(key), { agent: new Agent({ keepAlive: true }) }).end();`,
  "fs.watch": `
    const { watch } = await import("node:fs");
    watch(witness.watched, () => witness.tick(key));`,
  "fs.watchFile": `
    const { watchFile } = await import("node:fs");
    watchFile(witness.watchedFile(key), { interval: 5 }, () => witness.tick(key));`,
  "fs.promises.watch": `
    const { watch } = await import("node:fs/promises");
    const events = watch(witness.watched);
    void (async () => { for await (const _ of events) witness.tick(key); })();`,
  "Bun.spawn": `witness.pid(key, Bun.spawn(["sleep", "1000"]).pid);`,
  "node:child_process": `
    const { spawn } = await import("node:child_process");
    witness.pid(key, spawn("sleep", ["1000"]).pid);`,
  "Bun.$": `void Bun.$\`sh -c 'echo $$ > "$0"; exec sleep 1000' \${witness.pidFile(key)}\`.quiet().nothrow().then(() => {});`,
  Worker: `
    const worker = new Worker(witness.workerFile);
    worker.onmessage = () => witness.tick(key);`,
  "node:worker_threads": `
    const { Worker } = await import("node:worker_threads");
    const worker = new Worker(witness.workerFile);
    worker.on("message", () => witness.tick(key));`,
  "bun:sqlite": `
    const { Database } = await import("bun:sqlite");
    witness.handle(key, new Database(":memory:"));`,
  "node:sqlite": `
    const { DatabaseSync } = await import("node:sqlite");
    witness.handle(key, new DatabaseSync(":memory:"));`,
} as const;

export type Kind = keyof typeof openers;

/** Where code of a plugin can run. */
export const places = [
  "module",
  "onLoad",
  "onInit",
  "function",
  "after await",
  "in a timer",
  "looked up",
  "export called by another plugin",
  "live function",
  "job of a live function",
  "job of a live type",
] as const;

export type Place = (typeof places)[number];

export function keyOf(version: number, place: Place): string {
  return `${version} ${place}`;
}

const key = (version: number, place: Place): string => JSON.stringify(keyOf(version, place));

/** A plugin that opens a resource of this kind in every place. */
export function owner(kind: Kind, version: number): string {
  return `
import { definePlugin } from "hotswap";
import { witness } from "../../witness";

async function open(key: string): Promise<void> { ${openers[kind].replaceAll("\n", "\n  ")} }

await open(${key(version, "module")});

export const lookedUp = () => open(${key(version, "looked up")});
export const live_open = () => open(${key(version, "live function")});
export const live_job = () => open(${key(version, "job of a live function")});
export class Live_Job { handle() { return open(${key(version, "job of a live type")}); } }

export default definePlugin({
  export: () => ({ open: () => open(${key(version, "export called by another plugin")}) }),
  onLoad: () => open(${key(version, "onLoad")}),
  onInit: () => open(${key(version, "onInit")}),
  functions: {
    open: () => open(${key(version, "function")}),
    async afterAwait() { await Bun.sleep(0); await open(${key(version, "after await")}); },
    inTimer: () => new Promise<void>((resolve) => setTimeout(() => resolve(open(${key(version, "in a timer")})), 0)),
  },
});
`;
}

/** A plugin that has the owner open something. */
export const caller = (version = 1): string => `
import { definePlugin, dependency } from "hotswap";
const deps = { owner: dependency<{ open(): Promise<void> }>("open") };
export default definePlugin({ import: () => deps, functions: { open: () => deps.owner.open(), version: () => ${version} } });
`;
