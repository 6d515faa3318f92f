import { afterAll, beforeAll, expect, test } from "bun:test";
import { hotswap } from "../cli/run-cli.ts";
import type { Project } from "../support/project.ts";
import { compile, createConsumer, resolutions } from "./types-consumer.ts";

const files = {
  "plugin/gamma/index.ts": `
import { definePlugin } from "hotswap";
export interface Round { readonly number: number }
declare module "hotswap" {
  interface DataBagEntries { round: Round }
}
export default definePlugin({ functions: { pulse: (count: number) => count * 2 } });
`,
  "plugin/gamma/jobs/count.ts": `
export function live_count(step: number): string { return String(step); }
export { live_count as "live_count again" };
export default class Live_Score { points = 0; }
`,
  "plugin/two-words/index.mts": `
import { definePlugin } from "hotswap";
export default definePlugin({ invokeFunc: (name: "on" | "off") => name.length });
`,
  "plugin/plain/index.js": `
import { definePlugin } from "hotswap";
export default definePlugin({ functions: { go: (count) => count } });
`,
  "plugin/lobby/index.ts": `
import { definePlugin, type ServerHandle } from "hotswap";
export default definePlugin({
  functions: {
    page: () => new Response("lobby"),
    join: (request: Request, server: ServerHandle) => (server.upgrade(request) ? undefined : new Response()),
    message: (socket: Bun.ServerWebSocket, text: string | Buffer) => socket.publish("lobby", text),
  },
});
`,
  "plugin/seats/index.ts": `
import { definePlugin, type ServerHandle } from "hotswap";
interface Seat { name: string; row?: number }
export default definePlugin({
  functions: {
    any: (...all: unknown[]) => all[0] as unknown,
    none: async () => new Response(),
    room: async ({ params }: Bun.BunRequest<"/rooms/:room">) => Response.json(params),
    rooms: ({ params }: Bun.BunRequest) => Response.json(params),
    join: (request: Request, server: ServerHandle<Seat>) => { if (!server.upgrade(request, { data: { name: "" } })) return new Response(); },
    bun: (request: Request, server?: Bun.Server<Seat>) => new Response(request.url + server?.port),
    never: (): never => { throw new Error(); },
    sorry: ({ message }: Error) => new Response(message),
    open: (socket: Bun.ServerWebSocket<unknown>) => socket.subscribe("seats"),
    message: (socket: Bun.ServerWebSocket<Seat>, text: string) => socket.data.name + text,
    close: (socket: Bun.ServerWebSocket<Seat>, code?: number) => void [socket, code],
    failed: (error: Error, socket: Bun.ServerWebSocket<Seat>) => void [error, socket],
    count: (round: number) => round,
    three: (request: Request, server: ServerHandle, third: string) => new Response(request.url + server.port + third),
    elsewhere: (request: Bun.BunRequest<"/else/:where">) => new Response(request.params.where),
    length: async () => "text".length,
    text: () => "text",
    perhaps: () => (Math.random() > 0.5 ? new Response() : null),
    other: (socket: Bun.ServerWebSocket<{ points: number }>) => void socket,
  },
});
`,
  "plugin/contracts.ts": "export {};\n",
  "server.ts": `
import { type PluginManagerSwapper, serve } from "hotswap";
declare const swapper: PluginManagerSwapper;
const server = serve(swapper, {
  routes: {
    "/": "lobby.page",
    "/case": "Lobby.page",
    "/unregistered": "elsewhere.page",
    "/dotted": "some.where.page",
    "/javascript": "plain.anything",
    "/own-invokeFunc": { GET: "two-words.on", POST: (request) => Response.json(request.params) },
    "/rooms/:room/seats/:seat": ({ params }) => new Response(params.room + params.seat),
    "/health": new Response("ok"),
  },
  fetch: "lobby.join",
  error: "elsewhere.sorry",
  websocket: {
    data: { name: "Ada" },
    message: "lobby.message",
    drain: (socket) => void socket.send(socket.data.name.toUpperCase()),
  },
});
server.reload({ routes: { "/": { GET: "lobby.page" } } });
serve(swapper, {
  routes: {
    "/any": "seats.any",
    "/none": { GET: "seats.none", POST: "seats.never" },
    "/rooms/:room": "seats.room",
    "/any/:room": "seats.rooms",
    "/bun": "seats.bun",
    "/join": "seats.join",
  },
  fetch: "seats.join",
  error: "seats.sorry",
  websocket: {
    data: {} as { name: string },
    open: "seats.open",
    message: "seats.message",
    close: "seats.close",
    drain: "seats.any",
    error: "seats.failed",
  },
});
serve(swapper, { fetch: "seats.none", websocket: { plugin: "seats", message: "seats.message", ping: "seats.other" } });
serve(swapper, { app: "Lobby", websocket: { plugin: "lobby", data: 7, drain: (socket) => void socket.data.toFixed() } });
declare const named: string;
serve(swapper, { app: named, websocket: { plugin: named } });
serve(swapper, { routes: { "/": \`lobby.\${named}\` }, fetch: \`\${named}.page\` });
`,
  "host.ts": `
import { PluginManagerSwapper, type PluginManager } from "hotswap";
const swapper = new PluginManagerSwapper("bin");
await swapper.loadPlugins();
const manager = swapper.current as PluginManager;
export const pulse: number | undefined = manager.findPlugin("gamma")?.invokeFunc("pulse", 1);
export const length: number | undefined = manager.findPlugin("two-words")?.invokeFunc("on");
export const go: unknown = manager.findPlugin("plain")?.invokeFunc("go", 1);
export const elsewhere: unknown = manager.findPlugin(String(pulse))?.invokeFunc("anything", 1);
export const counted: string | undefined = manager.vault.liveFuncs.get("live_count")?.(1);
export const again: string | undefined = manager.vault.liveFuncs.get("live_count again")?.(1);
const Score = manager.vault.liveTypes.get("Live_Score");
export const points: number | undefined = Score && new Score().points;
export const round: number | undefined = manager.vault.dataBag.get("round")?.number;
`,
};

/** Wrong in one place each; without the declarations, nobody would know. */
const mistakes: Readonly<Record<string, string>> = {
  "an unknown function": `manager.findPlugin("gamma")?.invokeFunc("puls", 1)`,
  "a parameter of another type": `manager.findPlugin("gamma")?.invokeFunc("pulse", "1")`,
  "a result of another type": `manager.findPlugin("gamma")?.invokeFunc("pulse", 1).length`,
  "a name that the plugin's own invokeFunc does not take": `manager.findPlugin("two-words")?.invokeFunc("in")`,
  "a parameter of a live function": `manager.vault.liveFuncs.get("live_count")?.("1")`,
  "a field of a live type": `new (manager.vault.liveTypes.get("Live_Score") ?? Object)().score`,
  "a route's function": `serve(swapper, { routes: { "/": "lobby.pgae" } })`,
  "a value of the data bag": `manager.vault.dataBag.set("round", 1)`,
};

/** In ms: the compiler reads a good deal. */
const patience = 120_000;

let project: Project;

beforeAll(async () => {
  project = await createConsumer(files);
  written = await hotswap(project, "types");
  await project.write(Object.fromEntries([...wrongFiles("wrong", mistakes), ...wrongFiles("server", serverCode)]));
}, patience);

/** What became of `hotswap types`. */
let written: Awaited<ReturnType<typeof hotswap>>;

afterAll(() => project[Symbol.asyncDispose]());

/** The first line of each complaint of the compiler, by how modules are resolved: the compiler looks at everything once. */
const complaints = new Map<string, readonly string[]>();

async function complaintsUnder(resolution: (typeof resolutions)[number]): Promise<readonly string[]> {
  const key = JSON.stringify(resolution);
  const known = complaints.get(key) ?? firstLines(await compile(project, resolution));
  complaints.set(key, known);
  return known;
}

/** The same about the files of one folder. */
async function complaintsIn(folder: string, resolution: (typeof resolutions)[number]): Promise<readonly string[]> {
  return (await complaintsUnder(resolution)).filter((line) => line.startsWith(`${folder}/`));
}

function firstLines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith(" "));
}

/** A file for each line of code. */
function wrongFiles(folder: string, code: Readonly<Record<string, string>>): (readonly [string, string])[] {
  const preamble = `import { type PluginManager, type PluginManagerSwapper, serve } from "hotswap";
declare const manager: PluginManager;
declare const swapper: PluginManagerSwapper;
`;
  return Object.entries(code).map(
    ([name, line]) =>
      [
        `${folder}/${name}.ts`,
        `${preamble}export const wrong: unknown = ${line};\nvoid [manager, swapper, serve];\n`,
      ] as const,
  );
}

test("hotswap types says what it wrote", () => {
  const { exitCode, stdout, stderr } = written;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toEndWith(": gamma, lobby, plain, seats, two-words\n");
});

test.each(resolutions)(
  "with what hotswap types wrote, names have types under %j",
  async (resolution) => {
    const lines = await complaintsUnder(resolution);
    expect(lines.filter((line) => !/^(wrong|server)\//.test(line))).toEqual([]);
  },
  patience,
);

test.each(resolutions)(
  "with what hotswap types wrote, mistakes do not compile under %j",
  async (resolution) => {
    const lines = await complaintsIn("wrong", resolution);
    expect(lines.map((line) => line.split("(", 1)[0]).toSorted()).toEqual(
      Object.keys(mistakes)
        .map((name) => `wrong/${name}.ts`)
        .toSorted(),
    );
  },
  patience,
);

/** Mistakes in the options of `serve`, each with what the compiler must say of it. */
const serverMistakes = {
  "a route": [`{ routes: { "/": "lobby.pgae" } }`, noFunction("pgae")],
  "a route beside a handler": [
    `{ routes: { "/:id": ({ params }) => new Response(params.id), "/x": "lobby.pgae" } }`,
    noFunction("pgae"),
  ],
  "a method": [`{ routes: { "/": { GET: "lobby.page", POST: "lobby.psot" } } }`, noFunction("psot")],
  "a method beside a handler": [
    `{ routes: { "/:id": { GET: "lobby.pgae", POST: ({ params }) => new Response(params.id) } } }`,
    noFunction("pgae"),
  ],
  "no method": [`{ routes: { "/": { GTE: "lobby.page" } } }`, `"GTE" is no HTTP method`],
  fetch: [`{ fetch: "lobby.pgae", routes: { "/": "lobby.page" } }`, noFunction("pgae")],
  error: [`{ fetch: "lobby.page", error: "lobby.sorry" }`, noFunction("sorry")],
  "an event": [`{ fetch: "lobby.join", websocket: { message: "lobby.mesage" } }`, noFunction("mesage")],
  "an event beside a handler": [
    `{ fetch: "lobby.join", websocket: { data: 7, message: "lobby.mesage", drain: (socket) => void socket.data.toFixed() } }`,
    noFunction("mesage"),
  ],
  "an app": [`{ app: "loby" }`, noPlugin("loby")],
  "an app beside settings of sockets": [`{ app: "loby", websocket: { idleTimeout: 3 } }`, noPlugin("loby")],
  "a plugin for sockets": [`{ fetch: "lobby.join", websocket: { plugin: "loby" } }`, noPlugin("loby")],
  "a plugin for sockets beside a handler": [
    `{ app: "lobby", websocket: { data: 7, plugin: "loby", drain: (socket) => void socket.data.toFixed() } }`,
    noPlugin("loby"),
  ],
  "a parameter of a route": [
    `{ routes: { "/": "seats.count" } }`,
    `the first parameter of "seats.count" is a number: a route gives (request: BunRequest, server: ServerHandle)`,
  ],
  "a parameter of a method": [
    `{ routes: { "/": { POST: "seats.sorry" } } }`,
    `the first parameter of "seats.sorry" is of another type: a route gives (request: BunRequest, server: ServerHandle)`,
  ],
  "parameters of another path": [
    `{ routes: { "/rooms/:room": "seats.elsewhere" } }`,
    `the first parameter of "seats.elsewhere" is of another type: a route gives`,
  ],
  "a parameter too many": [
    `{ fetch: "seats.three" }`,
    `"seats.three" takes more parameters: fetch gives (request: Request, server: ServerHandle)`,
  ],
  "a parameter of error": [
    `{ fetch: "lobby.page", error: "seats.join" }`,
    `the first parameter of "seats.join" is of another type: error gives (error: ErrorLike)`,
  ],
  "a parameter of an event": [
    `{ fetch: "seats.join", websocket: { message: "seats.count" } }`,
    `the first parameter of "seats.count" is a number: websocket.message gives (socket: ServerWebSocket, data: string | Buffer)`,
  ],
  "a second parameter of an event": [
    `{ fetch: "seats.join", websocket: { close: "seats.message" } }`,
    `the second parameter of "seats.message" is a string: websocket.close gives (socket: ServerWebSocket, code: number, reason: string)`,
  ],
  "a parameter of the error of sockets": [
    `{ fetch: "seats.join", websocket: { error: "seats.open" } }`,
    `the first parameter of "seats.open" is of another type: websocket.error gives (error: Error, socket: ServerWebSocket)`,
  ],
  "sockets with other data": [
    `{ fetch: "seats.join", websocket: { data: {} as { name: string }, drain: "seats.other" } }`,
    `the first parameter of "seats.other" is of another type: websocket.drain gives`,
  ],
  "a function of the plugin for sockets": [
    `{ fetch: "seats.join", websocket: { plugin: "seats", data: {} as { name: number }, close: "seats.any" } }`,
    `the first parameter of "seats.message" is of another type: websocket.message gives (socket: ServerWebSocket, data: string | Buffer)`,
  ],
  "a number for a response": [`{ fetch: "seats.length" }`, `"seats.length" returns a number: a Response is wanted`],
  "a text for a response": [`{ routes: { "/": "seats.text" } }`, `"seats.text" returns a string: a Response is wanted`],
  "null for a response": [
    `{ fetch: "lobby.page", error: "seats.perhaps" }`,
    `"seats.perhaps" returns null: a Response is wanted`,
  ],
  "no event": [
    `{ fetch: "lobby.join", websocket: { opened: "lobby.message" } }`,
    `"opened" is neither an event nor a setting of sockets`,
  ],
  "no reference": [`{ routes: { "/": "page" } }`, `"page" names no function of a plugin: write "<plugin>.<function>"`],
  "half a reference": [`{ fetch: "lobby." }`, `"lobby." names no function of a plugin: write "<plugin>.<function>"`],
  "no handler": [
    `{ routes: { "/": 7 } }`,
    "a route leads to a function, a response, a page, or one of them for each method",
  ],
  "a route parameter": [`{ routes: { "/:id": ({ params }) => new Response(params.name) } }`, "'name' does not exist"],
  "data of a socket": [
    `{ fetch: "lobby.join", websocket: { data: { name: "Ada" }, drain: (socket) => void socket.data.nmae } }`,
    "'nmae' does not exist",
  ],
  "a setting": [
    `{ fetch: "lobby.join", websocket: { plugin: "lobby", idleTimeout: "3" } }`,
    "'string' is not assignable to type 'number'",
  ],
} as const;

function noPlugin(name: string): string {
  return `there is no plugin "${name}"`;
}

function noFunction(name: string): string {
  return `there is no function "${name}" in the plugin "lobby"`;
}

const serverCode: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(serverMistakes).map(([name, [options]]) => [name, `serve(swapper, ${options})`]),
  ),
  reload: `serve(swapper, { app: "lobby" }).reload({ routes: { "/": "lobby.pgae" } })`,
};

test.each(resolutions)(
  "what is wrong in the options of serve, and of its reload, is said in the first line under %j",
  async (resolution) => {
    const lines = await complaintsIn("server", resolution);
    const said = Object.fromEntries(
      lines.map((line) => [/^server\/(.*?)\.ts\(/.exec(line)?.[1], line.replaceAll(String.raw`\"`, `"`)]),
    );
    expect(lines).toHaveLength(Object.keys(serverCode).length);
    for (const [name, [, message]] of Object.entries(serverMistakes)) expect(said[name]).toContain(message);
    expect(said["reload"]).toContain(noFunction("pgae"));
  },
  patience,
);

test(
  "it is the file that does it: without it, names have no types",
  async () => {
    const lines = await compile(project, resolutions[0], ["hotswap.d.ts", "wrong", "server"]);
    for (const name of ["pulse", "length", "counted", "again", "points"]) {
      expect(lines).toContain(`host.ts(${lineOf(name)},`);
    }
    // Of what is not registered, any function may be named.
    expect(lines).not.toContain("server.ts");
  },
  patience,
);

function lineOf(name: string): number {
  return files["host.ts"].split("\n").findIndex((line) => line.includes(`const ${name}:`)) + 1;
}
