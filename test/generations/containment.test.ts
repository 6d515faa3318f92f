import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import type { OnPluginError, PluginErrorContext } from "hotswap";
import { createHost, hotswapError } from "../support/host.ts";

const source = join(import.meta.dir, "..", "..", "src", "index.ts");

/** A plugin with a function for each way in which background work can fail. */
const failing = `
import { definePlugin } from "hotswap";
import { createServer } from "node:net";

const broken = () => { throw new Error("broken"); };

export default definePlugin({
  functions: {
    timer: () => void setTimeout(broken, 0),
    interval: () => { const timer = setInterval(() => { clearInterval(timer); broken(); }, 1); },
    immediate: () => void setImmediate(broken),
    microtask: () => queueMicrotask(broken),
    nextTick: () => process.nextTick(broken),
    rejection: () => void Promise.reject(new Error("broken")),
    asyncFunction: () => void (async () => { await 1; broken(); })(),
    rejectionInTimer: () => void setTimeout(async () => broken(), 0),
    async socketHandler() {
      const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { open() { broken(); }, data() {}, error(_, error) { throw error; } } });
      await Bun.connect({ hostname: "127.0.0.1", port: server.port, socket: { data() {} } });
    },
    async nodeSocketHandler() {
      const server = createServer(broken);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      await Bun.connect({ hostname: "127.0.0.1", port: (server.address() as any).port, socket: { data() {} } });
    },
    messagePort() {
      const { port1, port2 } = new MessageChannel();
      port2.onmessage = () => { port1.close(); broken(); };
      port1.postMessage(1);
    },
    eventTarget() {
      const target = new EventTarget();
      target.addEventListener("event", broken);
      target.dispatchEvent(new Event("event"));
    },
    abortListener() {
      const controller = new AbortController();
      controller.signal.addEventListener("abort", broken);
      controller.abort();
    },
    childExit() { Bun.spawn(["true"], { onExit: broken }); },
    throwing: broken,
    async rejecting() { broken(); },
    /** Answers when the timers that were set before are over. */
    turn: () => new Promise<void>((resolve) => void setTimeout(resolve, 0)),
    storm(count: number) {
      for (let index = 0; index < count; index++) setTimeout(() => { throw new Error("the same"); }, 0);
    },
    variedStorm(count: number) {
      for (let index = 0; index < count; index++) setTimeout(() => { throw new Error("number " + index); }, 0);
    },
    hostile() {
      setTimeout(() => { throw new Proxy({}, { getPrototypeOf() { throw new Error("trap"); }, get() { throw new Error("trap"); } }); }, 0);
      setTimeout(() => { throw { get message() { throw new Error("getter"); } }; }, 0);
      setTimeout(() => { throw Object.defineProperty(new Error("x"), "message", { get() { throw new Error("getter"); } }); }, 0);
      setTimeout(() => { throw Object.assign(new Error("x"), { message: 42 }); }, 0);
      setTimeout(() => { throw Symbol("symbol"); }, 0);
      setTimeout(() => { throw null; }, 0);
      setTimeout(() => { throw undefined; }, 0);
    },
  },
});`;

/** Records what onPluginError gets, and waits for it. */
class Errors {
  readonly seen: { readonly error: unknown; readonly context: PluginErrorContext }[] = [];
  #arrived = Promise.withResolvers<void>();

  readonly handle: OnPluginError = (error, context) => {
    this.seen.push({ error, context });
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  };

  get count(): number {
    return this.seen.reduce((sum, { context }) => sum + context.count, 0);
  }

  async until(count: number): Promise<void> {
    while (this.count < count) await this.#arrived.promise;
  }
}

async function failingHost() {
  const errors = new Errors();
  const host = await createHost({ failing }, { onPluginError: errors.handle });
  await host.swapper.loadPlugins();
  const invoke = (name: string, ...params: unknown[]): unknown =>
    host.swapper.current?.findPlugin("failing")?.invokeFunc(name, ...params);
  return { host, errors, invoke };
}

const exceptions = [
  "timer",
  "interval",
  "immediate",
  "microtask",
  "nextTick",
  "socketHandler",
  "nodeSocketHandler",
  "messagePort",
  "eventTarget",
  "abortListener",
  "childExit",
];
const rejections = ["rejection", "asyncFunction", "rejectionInTimer"];

// `bun test` fails a test in which an error reaches the process: that none does is part of each of these.
describe("5.6 an error nobody caught in background work goes to the log and to onPluginError", () => {
  const cases = [
    ...exceptions.map((name) => [name, "uncaughtException"] as const),
    ...rejections.map((name) => [name, "unhandledRejection"] as const),
  ];

  test.each(cases)("%s: %s", async (name, kind) => {
    const { host, errors, invoke } = await failingHost();
    await using _ = host;
    await invoke(name);
    await errors.until(1);
    expect(errors.seen[0]?.error).toHaveProperty("message", "broken");
    expect(errors.seen[0]?.context).toEqual({ plugin: "failing", generation: 1, kind, count: 1 });
    expect(host.logger.of("error")[0]).toMatch(/^failing#1: .* in background work: broken$/);
  });

  test("what the host calls throws at the host, and is no error of background work", async () => {
    const { host, errors, invoke } = await failingHost();
    await using _ = host;
    expect(() => invoke("throwing")).toThrow("broken");
    await expect(invoke("rejecting")).rejects.toThrow("broken");
    await invoke("turn");
    expect(errors.seen).toEqual([]);
    expect(host.logger.of("error")).toEqual([]);
  });

  test("a rejection of a call that nobody waits for is the plugin's, and not the end of the host", async () => {
    const { host, errors, invoke } = await failingHost();
    await using _ = host;
    void invoke("rejecting");
    await errors.until(1);
    expect(errors.seen[0]?.context).toMatchObject({ generation: 1, kind: "unhandledRejection" });
  });

  test("a call that nobody waits for and that is cut off at its deadline does not end the host either", async () => {
    const errors = new Errors();
    const waiting = (version: number): string =>
      `import { definePlugin } from "hotswap"; export default definePlugin({ functions: { wait: () => new Promise(() => {}), version: () => ${version} } });`;
    await using host = await createHost({ waiting: waiting(1) }, { drainTimeout: 1, onPluginError: errors.handle });
    await host.swapper.loadPlugins();
    void host.swapper.current?.findPlugin("waiting")?.invokeFunc("wait");
    await host.change("waiting", waiting(2));
    await host.swapper.reload();
    await errors.until(1);
    expect(errors.seen[0]?.error).toMatchObject({ code: "HOTSWAP_FREED" });
  });

  test("errors of generations are told apart, also after a reload", async () => {
    const { host, errors, invoke } = await failingHost();
    await using _ = host;
    invoke("timer");
    await errors.until(1);
    await host.change("failing", `${failing}\nexport const changed = true;`);
    await host.swapper.reload();
    invoke("timer");
    await errors.until(2);
    expect(errors.seen.map(({ context }) => context.generation)).toEqual([1, 2]);
  });
});

describe("5.6 a storm of errors does not stall the host", () => {
  test("10,000 of one kind are folded with their count", async () => {
    const { host, errors, invoke } = await failingHost();
    await using _ = host;
    invoke("storm", 10_000);
    await errors.until(10_000);
    expect(errors.count).toBe(10_000);
    expect(errors.seen.length).toBeLessThan(20);
    expect(errors.seen[0]?.context.count).toBe(1);
    expect(host.logger.of("error").at(-1)).toMatch(/\(\d+ times\): the same$/);
    expect(host.swapper.current?.findPlugin("failing")?.has("storm")).toBe(true);
  });

  test("10,000 different ones, too", async () => {
    const { host, errors, invoke } = await failingHost();
    await using _ = host;
    invoke("variedStorm", 10_000);
    await errors.until(10_000);
    expect(errors.count).toBe(10_000);
    expect(errors.seen.length).toBeLessThan(300);
  });

  test("what is folded when the generation is freed is handed on then", async () => {
    const { host, errors, invoke } = await failingHost();
    await using _ = host;
    invoke("storm", 50);
    await invoke("turn");
    expect(errors.seen).toHaveLength(1);
    await host.swapper.close();
    expect(errors.count).toBe(50);
  });
});

test("5.6 a host of its own lives through every kind of error and a storm of 10,000, and answers meanwhile", async () => {
  await using host = await createHost({ failing });
  await host.project.write({
    "main.ts": `
      import { PluginManagerSwapper } from ${JSON.stringify(source)};
      let lines = 0;
      let errors = 0;
      const logger = { debug() {}, info() {}, warn() {}, error() { lines++; } };
      const swapper = new PluginManagerSwapper("bin", { logger, onPluginError: (_, { count }) => { errors += count; } });
      await swapper.loadPlugins();
      const failing = swapper.current.findPlugin("failing");
      for (const name of ${JSON.stringify([...exceptions, ...rejections])}) await failing.invokeFunc(name);
      void failing.invokeFunc("rejecting");
      failing.invokeFunc("storm", 10_000);
      const server = Bun.serve({ port: 0, hostname: "127.0.0.1", async fetch(request) {
        if (!request.url.endsWith("/end")) return new Response("alive");
        await swapper.close();
        setTimeout(() => process.exit(0), 0);
        return Response.json({ lines, errors });
      } });
      console.log(server.url.href);
    `,
  });
  const child = Bun.spawn([process.execPath, "main.ts"], { cwd: host.project.root, stdout: "pipe" });
  const url = new TextDecoder().decode((await child.stdout.getReader().read()).value).trim();
  for (let count = 0; count < 20; count++) expect(await (await fetch(url)).text()).toBe("alive");
  const { lines, errors } = (await (await fetch(`${url}end`)).json()) as { lines: number; errors: number };
  expect(errors).toBe(10_000 + exceptions.length + rejections.length + 1);
  expect(lines).toBeLessThan(50);
  expect(await child.exited).toBe(0);
});

describe("5.6 nothing escapes from the handling of errors", () => {
  test("whatever is thrown", async () => {
    const { host, errors, invoke } = await failingHost();
    await using _ = host;
    invoke("hostile");
    await errors.until(5);
    await host.swapper.close();
    expect(errors.count).toBe(7);
  });

  test("an onPluginError that throws or rejects, and a logger that throws", async () => {
    let handled = 0;
    const done = Promise.withResolvers<void>();
    await using host = await createHost(
      { failing },
      {
        onPluginError: async () => {
          if (++handled === 2) done.resolve();
          throw new Error("handler");
        },
      },
    );
    await host.swapper.loadPlugins();
    const plugin = host.swapper.current?.findPlugin("failing");
    plugin?.invokeFunc("timer");
    await host.logger.line(/onPluginError itself failed: handler/);
    host.logger.error = () => {
      throw new Error("logger");
    };
    const { error: original } = console;
    console.error = () => {};
    try {
      plugin?.invokeFunc("rejection");
      await done.promise;
    } finally {
      console.error = original;
      Reflect.deleteProperty(host.logger, "error");
    }
  });

  test("a hook that throws something that cannot be described fails the reload as any other", async () => {
    await using host = await createHost({
      failing: `import { definePlugin } from "hotswap"; export default definePlugin({ onLoad() { throw { get message() { throw new Error("getter"); }, get [Symbol.toStringTag]() { throw new Error("tag"); } }; } });`,
    });
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error).toMatchObject({ code: "HOTSWAP_HOOK_FAILED", plugin: "failing", phase: "onLoad" });
  });
});
