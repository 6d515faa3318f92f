import { definePlugin, type ServerHandle } from "hotswap";
import { line } from "../../../kit/line.ts";
import type { Seat, ToPage, ToServer } from "../../contracts.ts";
import { swapper } from "../../host/swapper.ts";
import { EVERYONE } from "../../host/topics.ts";
import { answer, registerCommands } from "./commands.ts";
import { format, type Message } from "./format.ts";
import { Rooms } from "./rooms.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

type Socket = Bun.ServerWebSocket<Seat>;

let rooms: Rooms;

export default definePlugin({
  onInit(vault, scope) {
    rooms = new Rooms(vault.dataBag);
    registerCommands(scope);
  },

  functions: {
    /** A request for a socket: `/lobby/socket?name=Ada`. */
    enter(request: Bun.BunRequest<"/:room/socket">, server: ServerHandle<Seat>): Response | undefined {
      const name = new URL(request.url).searchParams.get("name")?.trim();
      if (!name) return new Response("say who you are: ?name=Ada", { status: 400 });
      const seat = { name, room: request.params.room };
      return server.upgrade(request, { data: seat }) ? undefined : new Response("this is a socket", { status: 426 });
    },

    open(socket: Socket): void {
      const { name, room } = socket.data;
      socket.subscribe(EVERYONE);
      socket.subscribe(topicOf(room));
      rooms.sitDown(socket.data);
      sendHistory(socket);
      publish(socket, { kind: "people", names: rooms.people(room) });
      tell(socket, { look: "event", name, text: "came in", at: Date.now() });
    },

    message(socket: Socket, frame: string | Buffer): void {
      const message = JSON.parse(String(frame)) as ToServer;
      if (message.kind === "history") sendHistory(socket);
      else say(socket, message.text.trim());
    },

    close(socket: Socket): void {
      const { name, room } = socket.data;
      rooms.standUp(socket.data);
      tell(socket, { look: "event", name, text: "left", at: Date.now() });
      publish(socket, { kind: "people", names: rooms.people(room) });
    },

    /** One line of the server's output. */
    summary(url: URL): string[] {
      const { people, messages } = rooms.count();
      return [
        line("chat", BUILD_MARK, swapper.reloadCounter, `${people} people, ${messages} messages on ${url.origin}`),
      ];
    },
  },
});

function say(socket: Socket, text: string): void {
  const { name, room } = socket.data;
  if (text === "") return;
  if (!text.startsWith("/")) return tell(socket, { look: "said", name, text, at: Date.now() });
  const said = answer(text, { name, people: rooms.people(room) });
  if (said.look === "private") send(socket, { kind: "line", line: said });
  else tell(socket, { look: said.look, name, text: said.text, at: Date.now() });
}

/** Keeps a message and shows it to the whole room. */
function tell(socket: Socket, message: Message): void {
  rooms.keep(socket.data.room, message);
  publish(socket, { kind: "line", line: format(message) });
}

function sendHistory(socket: Socket): void {
  const lines = rooms.history(socket.data.room).map(format);
  send(socket, { kind: "history", lines, reloads: swapper.reloadCounter });
}

function topicOf(room: string): string {
  return `room ${room}`;
}

function publish(socket: Socket, message: ToPage): void {
  socket.publish(topicOf(socket.data.room), JSON.stringify(message));
}

function send(socket: Socket, message: ToPage): void {
  socket.send(JSON.stringify(message));
}
