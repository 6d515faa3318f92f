import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { checkout, Consumer } from "../package/consumer.ts";
import { installPackage, registryAnswers } from "../package/pack.ts";
import { Client } from "../serve/client.ts";

/** From nothing to the first reload, in ms. */
const ONE_MINUTE = 60_000;

describe.skipIf(!registryAnswers())(
  "the first minute (needs a registry to install typescript and bun-types from)",
  () => {
    test(
      "from nothing to the first reload: new, install, dev, edit, and the new code answers requests and sockets",
      async () => {
        const begin = performance.now();
        await using consumer = await Consumer.create();
        await consumer.succeed(`bun ${join(checkout, "cli", "main.ts")} new demo`);
        const demo = consumer.path("demo");
        await consumer.succeed("bun install", demo);
        expect(await Bun.file(join(demo, "node_modules", "hotswap", "package.json")).json()).toEqual(
          await Bun.file(join(checkout, "package.json")).json(),
        );

        await using dev = consumer.start("bun run dev", { PORT: "0", TMPDIR: consumer.folder }, demo);
        // Asked to end, it ends what it started.
        await using _ = {
          async [Symbol.asyncDispose]() {
            dev.kill("SIGTERM");
            await dev.exit();
          },
        };
        const url = /http\S+/.exec(await dev.line(/listening on/))?.[0] ?? "";
        await dev.errorLine(/ready: 1 plugin live/);
        const answer = async () => (await fetch(new URL("?name=you", url))).text();
        expect(await answer()).toBe("Hello, you!\n");
        const chat = await Client.connect(new URL(url), "/chat?name=you");
        expect(await chat.ask("one")).toBe("Hello, you! Message 1: one");

        const plugin = join(demo, "plugin", "hello", "index.ts");
        await Bun.write(plugin, (await Bun.file(plugin).text()).replace("Hello", "Good morning"));
        await dev.errorLine(/live after .*hello/);
        expect(await answer()).toBe("Good morning, you!\n");
        // The socket that the old code opened, with what it counted.
        expect(await chat.ask("two")).toBe("Good morning, you! Message 2: two");
        expect(performance.now() - begin).toBeLessThan(ONE_MINUTE);

        dev.kill("SIGTERM");
        await dev.exit();
        await chat.closed;
        await expect(answer()).rejects.toThrow();
        await consumer.succeed("bun run check", demo);
        await consumer.succeed("bun run build", demo);
      },
      ONE_MINUTE,
    );

    test(
      "a project made by the installed package depends on what that was installed from, and works",
      async () => {
        await using consumer = await installPackage("bun", await Consumer.create());
        await consumer.succeed("bunx hotswap new demo");
        const demo = consumer.path("demo");
        const { dependencies } = await Bun.file(join(demo, "package.json")).json();
        expect(dependencies).toEqual({ hotswap: consumer.tarball });
        await consumer.succeed("bun install", demo);
        await consumer.succeed("bun run types --check", demo);
        await consumer.succeed("bun run check", demo);
        expect(await consumer.succeed("bun run build", demo)).toContain("bin/hello.js");
      },
      ONE_MINUTE,
    );
  },
);
