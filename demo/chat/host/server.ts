import { serve } from "hotswap";
import { join } from "node:path";
import type { Seat, ToPage } from "../contracts.ts";
import { swapper } from "./swapper.ts";
import { EVERYONE } from "./topics.ts";

const page = Bun.file(join(import.meta.dir, "page.html"));

/** Every request and every frame goes to the plugin that is current at that moment. `PORT` asks for a port. */
export const server = serve(swapper, {
  hostname: "127.0.0.1",
  port: Number(process.env["PORT"] ?? 0),
  routes: {
    "/": Response.redirect("/lobby"),
    "/favicon.ico": new Response(null, { status: 204 }),
    "/:room": page,
    "/:room/socket": "chat.enter",
  },
  websocket: { plugin: "chat", data: {} as Seat, publishToSelf: true },
  versionHeader: "x-hotswap",
});

swapper.subscribe((news) => {
  if (news.type !== "end" || !news.record.ok) return;
  server.publish(EVERYONE, JSON.stringify({ kind: "reloaded" } satisfies ToPage));
});
