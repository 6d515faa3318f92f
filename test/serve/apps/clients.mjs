/*
 * Clients under Node.js, where they are what they are elsewhere: Bun has `ws` and `undici` of its own. Each says what it got
 * before and after the line "reloaded" on the input.
 */
import { createInterface } from "node:readline";
import { EventSource } from "eventsource";
import { io } from "socket.io-client";
import { request } from "undici";
import { WebSocket } from "ws";

const [, , http, sockets] = process.argv;
const say = (...words) => console.log(words.join(" "));
const ask = async (client, get) => say(client, await get());

/** Calls `get` now, and again after the reload. */
const twice = (client, get) => {
  const first = ask(client, get);
  return { first, again: () => ask(client, get) };
};

const socket = new WebSocket(`${http.replace("http", "ws")}socket`);
await new Promise((resolve) => socket.once("open", resolve));
const answer = (text) =>
  new Promise((resolve) => {
    socket.once("message", (data) => resolve(String(data)));
    socket.send(text);
  });

const events = new EventSource(`${http}events`);
const event = () =>
  new Promise((resolve) => events.addEventListener("tick", ({ data }) => resolve(data), { once: true }));

const live = io(sockets, { transports: ["websocket"] });
await new Promise((resolve) => live.once("connect", resolve));

const clients = [
  twice("undici", async () => (await request(`${http}version`)).body.text()),
  twice("fetch", async () => (await fetch(`${http}version`)).text()),
  twice("ws", () => answer("hi")),
  twice("eventsource", event),
  twice("socket.io", () => live.emitWithAck("say", "hi")),
];
await Promise.all(clients.map(({ first }) => first));
say("ready");
for await (const _ of createInterface({ input: process.stdin })) {
  for (const { again } of clients) await again();
  break;
}
say("states", socket.readyState, events.readyState, live.connected);
socket.close();
events.close();
live.close();
say("done");
process.exit();
