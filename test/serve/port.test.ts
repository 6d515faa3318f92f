import { expect, test } from "bun:test";
import { createHost, hotswapError } from "../support/host.ts";

test("a plugin that listens by itself: its reload is refused with advice, and the old one goes on", async () => {
  const listening = (port: number, version: number, reusePort: boolean): string => `
    import { definePlugin } from "hotswap";
    export default definePlugin({
      onInit() { Bun.serve({ port: ${port}, hostname: "127.0.0.1", reusePort: ${reusePort}, fetch: () => new Response("${version}") }); },
    });`;
  using free = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const port = free.port ?? 0;
  await free.stop(true);
  await using host = await createHost({ own: listening(port, 1, false) });
  await host.swapper.loadPlugins();
  await host.change("own", listening(port, 2, false));
  const error = await hotswapError(host.swapper.reload());
  expect(error.message).toContain(`onInit() of "own" failed`);
  expect(error.message).toContain(
    "let the host have the port, with serve(swapper, { port, ... }), or give reusePort: true",
  );
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("1");
});
