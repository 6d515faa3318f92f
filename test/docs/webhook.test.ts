import { expect, test } from "bun:test";
import type { PluginManagerSwapper } from "hotswap";
import { createHost } from "../support/host.ts";
import { page } from "./documents.ts";

const source = (version: number): string => `
import { definePlugin } from "hotswap";
import { wishes } from "../../journal";
function kept() { return ${version}; }
if (${version} === 1) wishes.set("kept", kept);
export default definePlugin({
  onInit() { if (${version} === 2) throw new Error("not today"); },
  functions: {
    fail() { throw new TypeError("bad ${version}"); },
    again() { throw new TypeError("bad again"); },
  },
});
`;

test("operations: the webhook hears of a refused reload, errors once each, a leak, and going back", async () => {
  const [, code = ""] = /^```ts api\/tell-channel\.ts\n(.*?)^```$/ms.exec(page("docs/operations.md")) ?? [];
  await using host = await createHost({ alpha: source(1) }, { leakAfter: 0 }, { "tell-channel.ts": code });
  const { swapper } = host;
  const texts: string[] = [];
  let heard = Promise.withResolvers<void>();
  await using chat = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      texts.push(((await request.json()) as { text: string }).text);
      heard.resolve();
      heard = Promise.withResolvers();
      return new Response("ok");
    },
  });
  const until = async (count: number): Promise<void> => {
    while (texts.length < count) await heard.promise;
  };
  const { tellChannel } = (await import(host.project.path("tell-channel.ts"))) as {
    tellChannel(swapper: Pick<PluginManagerSwapper, "subscribe">, webhook: URL): () => void;
  };
  const end = tellChannel(swapper, chat.url);
  const call = (name: string): void =>
    expect(() => swapper.current?.findPlugin("alpha")?.invokeFunc(name)).toThrow("bad");

  await swapper.loadPlugins();
  await host.change("alpha", source(2));
  await swapper.reload().catch(() => {});
  await until(1);
  expect(texts.splice(0)).toEqual([expect.stringMatching(/^a reload was refused: .*not today/)]);

  for (let times = 0; times < 3; times++) call("fail");
  call("again");
  await until(2);
  expect(texts.splice(0).toSorted()).toEqual([
    expect.stringMatching(/^alpha#1: TypeError: bad 1 \(.*plugin\/alpha\/index\.ts:9\)$/),
    expect.stringMatching(/^alpha#1: TypeError: bad again \(/),
  ]);

  await host.change("alpha", source(3));
  await swapper.reload();
  await until(1);
  expect(texts.splice(0)).toEqual(["alpha#1 leaked: hotswap explain alpha 1"]);

  await host.change("alpha", source(4));
  const details = await swapper.reload(undefined, { probation: { watch: 60_000 } });
  call("fail");
  expect((await details.probation)?.state).toBe("went back");
  await until(2);
  end();
  expect(texts).toContainEqual(expect.stringMatching(/^the new set went back: 1 error of the new plugins/));
  expect(texts).toHaveLength(2);
});
