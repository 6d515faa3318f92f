import { describe, expect, test } from "bun:test";
import type { PluginManagerSwapper } from "hotswap";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";

const methods = ["reload", "rollback", "prepare", "plan", "close"] as const;

const call = (swapper: PluginManagerSwapper, method: (typeof methods)[number]): Promise<unknown> => swapper[method]();

describe("3.19 waiting for the own swapper is refused at once", () => {
  test.each(methods)("%s() in a hook", async (method) => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    host.wishes.set("alpha.onInit", async () => {
      await Promise.resolve();
      await call(host.swapper, method);
    });
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error).toMatchObject({ code: "HOTSWAP_HOOK_FAILED", plugin: "alpha", phase: "onInit" });
    expect(error.cause).toMatchObject({ code: "HOTSWAP_REENTRANT" });
    expect(String(error.cause)).toContain(`${method}() was called by onInit() of "alpha"`);
  });

  test.each(methods)("%s() in a callback, and in newExtension", async (method) => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    const error = await hotswapError(
      host.swapper.loadPlugins(undefined, async () => void (await call(host.swapper, method))),
    );
    expect(error).toMatchObject({ phase: "callback", cause: { code: "HOTSWAP_REENTRANT" } });
  });

  test("what a hook started may reload once the hook is over", async () => {
    const { promise: again, resolve } = Promise.withResolvers<unknown>();
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
    host.wishes.set("alpha.onInit", () => void isOver.then(() => resolve(host.swapper.reload())));
    await host.swapper.loadPlugins();
    end();
    expect(String(await again)).toBe("alpha: unchanged");
  });

  test("another swapper may be used in a hook", async () => {
    await using other = await createHost({ alpha: journalPlugin("alpha") });
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    host.wishes.set("alpha.onInit", () => other.swapper.loadPlugins());
    await host.swapper.loadPlugins();
    expect(other.swapper.current?.plugins).toHaveLength(1);
  });
});
