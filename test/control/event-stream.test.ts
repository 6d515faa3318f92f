import { expect, test } from "bun:test";
import { EventStream } from "../../src/control/event-stream.ts";

test("a reader of events that does not read is given up, and what waits for it does not grow for ever", async () => {
  let closed = 0;
  const stream = new EventStream<number>("lines", () => closed++);
  let sent = 0;
  const isOpen = (): boolean => closed === 0;
  while (isOpen() && sent < 50_000) stream.send(sent++);
  expect(closed).toBe(1);
  expect(sent).toBeLessThan(20_000);
  stream.send(-1);
  const lines = (await new Response(stream.body).text()).trimEnd().split("\n");
  expect(lines).toHaveLength(sent);
  expect(lines.at(-1)).toBe(String(sent - 1));
  expect(closed).toBe(1);
});

test("a reader that reads gets every event, however many there are", async () => {
  const stream = new EventStream<number>("lines", () => {});
  const text = new Response(stream.body).text();
  for (let event = 0; event < 30_000; event++) {
    stream.send(event);
    if (event % 1000 === 0) await new Promise(setImmediate);
  }
  stream.close();
  expect((await text).trimEnd().split("\n")).toHaveLength(30_000);
});
