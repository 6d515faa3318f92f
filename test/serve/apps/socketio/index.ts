import { Server as Engine } from "@socket.io/bun-engine";
import { definePlugin, type ServerHandle } from "hotswap";
import { Server } from "socket.io";

/** Put in by the build flag `--define`. */
declare const VERSION: number;

const io = new Server();
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);

// Its own middleware.
io.use((socket, next) => (socket.handshake.query["name"] === "nobody" ? next(new Error("who are you?")) : next()));

io.on("connection", (socket) => {
  socket.emit("said", `open by ${VERSION}`);
  socket.on("say", (text: string, answer?: (text: string) => void) => {
    socket.emit("said", `${text} by ${VERSION}`);
    answer?.(`heard by ${VERSION}`);
  });
});

const handler = engine.handler();

export const { websocket } = handler;

export const fetch = (request: Request, server: ServerHandle): Response | Promise<Response> =>
  new URL(request.url).pathname === "/version"
    ? new Response(String(VERSION))
    : handler.fetch(request, server as unknown as Bun.Server<never>);

export default definePlugin({});
