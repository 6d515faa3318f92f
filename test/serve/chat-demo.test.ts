import { expect, test } from "bun:test";
import type { ToPage } from "../../demo/chat/contracts.ts";
import { DemoCopy, type DemoProcess } from "../demo/demo-copy.ts";
import { Client } from "./client.ts";

/** Somebody in a room. */
class Guest {
  readonly client: Client;

  private constructor(client: Client) {
    this.client = client;
  }

  static async enter(chat: URL, room: string, name: string): Promise<Guest> {
    const guest = new Guest(await Client.connect(chat, `/${room}/socket?name=${name}`));
    await guest.hears(`${name} came in`);
    return guest;
  }

  send(message: unknown): void {
    this.client.send(JSON.stringify(message));
  }

  say(text: string): void {
    this.send({ kind: "say", text });
  }

  /** The next message of this kind. */
  async next<Kind extends ToPage["kind"]>(kind: Kind): Promise<Extract<ToPage, { kind: Kind }>> {
    for (;;) {
      const message = JSON.parse(await this.client.next()) as ToPage;
      if (message.kind === kind) return message as Extract<ToPage, { kind: Kind }>;
    }
  }

  /** The next line is this one. */
  async hears(text: string): Promise<void> {
    expect((await this.next("line")).line.text).toBe(text);
  }

  async history(): Promise<string[]> {
    this.send({ kind: "history" });
    return (await this.next("history")).lines.map((line) => line.text);
  }
}

async function chatOf(server: DemoProcess): Promise<URL> {
  return new URL(/on (http:\S+)/.exec((await server.lines()).join())?.[1] ?? "");
}

test("11 chat keeps sockets, rooms and what was said over a reload, and shows it in the new form", async () => {
  await using demo = await DemoCopy.create("chat");
  await using server = await demo.start();
  const chat = await chatOf(server);
  const ada = await Guest.enter(chat, "lobby", "Ada");
  const bob = await Guest.enter(chat, "lobby", "Bob");
  const eve = await Guest.enter(chat, "garden", "Eve");
  bob.say("hi");
  await ada.hears("Bob came in");
  await ada.hears("Bob: hi");
  expect((await server.lines())[0]).toMatch(/^chat .* reload 0  3 people, 4 messages on /);

  await demo.edit("plugin/chat/format.ts", "`${name}: ${text}`", "`${text} (${name})`");
  expect((await demo.reload()).code).toBe(0);
  for (const guest of [ada, bob, eve]) await guest.next("reloaded");
  expect(await ada.history()).toEqual(["Ada came in", "Bob came in", "hi (Bob)"]);
  ada.say("hi, Bob");
  await bob.hears("hi, Bob (Ada)");
  expect(await eve.history()).toEqual(["Eve came in"]);
  expect([ada, bob, eve].every(({ client }) => client.isOpen)).toBe(true);
  expect(await server.stop()).toBe(0);
  expect(await demo.leftovers()).toEqual([]);
});

test("11 chat: commands, names, and what is refused", async () => {
  await using demo = await DemoCopy.create("chat");
  await using server = await demo.start();
  const chat = await chatOf(server);
  expect((await fetch(new URL("/lobby/socket", chat))).status).toBe(400);
  expect((await fetch(new URL("/lobby/socket?name=Ada", chat))).status).toBe(426);
  const page = await fetch(chat);
  expect([page.url, page.headers.get("content-type")]).toEqual([
    new URL("/lobby", chat).href,
    "text/html;charset=utf-8",
  ]);
  expect(await page.text()).not.toMatch(/(src|href)="(https?:)?\/\//);

  const ada = await Guest.enter(chat, "lobby", "Ada");
  const other = await Guest.enter(chat, "lobby", "Ada");
  await ada.hears("Ada came in");
  ada.say("  ");
  ada.say("/me waves");
  await ada.hears("Ada waves");
  ada.say("/roll");
  expect((await ada.next("line")).line.text).toMatch(/^Ada rolls a [1-6]$/);
  ada.say("/who");
  await ada.hears("you are Ada, with 2 here");
  ada.say("/constructor");
  await ada.hears("there is no /constructor: try /help");
  other.client.close(1000, "bye");
  await ada.hears("Ada left");
  ada.say("/who");
  await ada.hears("you are Ada, with 1 here");
  ada.client.send("no JSON");
  expect(await server.child.errorLine(/message\(\) failed/)).toContain("chat#1: message() failed: JSON Parse error");
  expect(ada.client.isOpen).toBe(true);
});
