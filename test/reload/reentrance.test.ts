import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "bun:test";
import type { PluginManagerSwapper } from "hotswap";
import { runReload, runStep } from "../../src/generation/reentrance.ts";
import { collectNow } from "../../src/inspect/collect.ts";
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

  test("a callback that ran out of time may reload: nobody waits for it any more", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") }, { hookTimeout: 50 });
    const { promise: isTooLate, resolve: end } = Promise.withResolvers<void>();
    const { promise: again, resolve } = Promise.withResolvers<unknown>();
    const callback = async (): Promise<void> => {
      await isTooLate;
      resolve(host.swapper.reload());
      await new Promise(() => {});
    };
    expect(await hotswapError(host.swapper.loadPlugins(undefined, callback))).toMatchObject({
      code: "HOTSWAP_HOOK_TIMEOUT",
    });
    end();
    expect(String(await again)).toBe("alpha: ok");
  });

  test("close() in an onFree that it waits for", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    host.wishes.set("alpha.onFree", () => host.swapper.close());
    await host.swapper.loadPlugins();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await host.swapper.reload();
    await host.swapper.drained();
    expect(host.logger.of("error").join()).toContain('close() was called by onFree() of "alpha"');
  });

  test("close() in what a scope undoes", async () => {
    const deferring = `import { definePlugin } from "hotswap"; import { wishes } from "../../journal";
      export default definePlugin({ onLoad(_, scope) { scope.defer(() => (wishes.get("undo") as any)()); } });`;
    await using host = await createHost({ alpha: deferring });
    host.wishes.set("undo", () => host.swapper.close());
    await host.swapper.loadPlugins();
    await host.swapper.close();
    expect(host.logger.of("error").join()).toContain(`close() was called by what "alpha" deferred in its scope`);
  });

  test("a plugin's timer and a call may reload, awaited or not", async () => {
    const reloading = `import { definePlugin } from "hotswap"; import { wishes } from "../../journal";
      export default definePlugin({
        onInit() { setTimeout(() => (wishes.get("timer") as any)(), 5); },
        functions: { reload: () => (wishes.get("reload") as any)() },
      });`;
    await using host = await createHost({ alpha: reloading });
    const { promise: byTimer, resolve } = Promise.withResolvers<unknown>();
    host.wishes.set("timer", async () => resolve(await host.swapper.reload()));
    host.wishes.set("reload", () => host.swapper.reload());
    await host.swapper.loadPlugins();
    expect(String(await byTimer)).toBe("alpha: unchanged");
    expect(String(await host.swapper.current?.findPlugin("alpha")?.invokeFunc("reload"))).toBe("alpha: unchanged");
  });

  test("what a step leaves behind holds nothing of the steps before it", async () => {
    const first = { owner: undefined as WeakRef<object> | undefined };
    let context: ReturnType<typeof AsyncLocalStorage.snapshot> | undefined;
    for (let count = 0; count < 3; count++) {
      const owner = {};
      first.owner ??= new WeakRef(owner);
      const inContext = context ?? ((run: () => unknown) => run());
      await inContext(() =>
        runReload(owner, async () => {
          runStep("a callback", () => void (context = AsyncLocalStorage.snapshot()));
        }),
      );
    }
    for (let turn = 0; turn < 40 && first.owner?.deref() !== undefined; turn++) {
      await Bun.sleep(1);
      collectNow();
    }
    expect(first.owner?.deref()).toBeUndefined();
  });
});
