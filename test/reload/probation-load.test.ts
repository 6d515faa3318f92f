import { expect, test } from "bun:test";
import { createHost } from "../support/host.ts";

/** How a version misbehaves. `healthy` is what the host's own question says of it. */
const misbehaviours = ["throws", "rejects", "throws in a timer", "forgets a promise", "is not healthy"] as const;
type Behaviour = (typeof misbehaviours)[number] | "is good";

/** Every third request meets what the version does wrong. */
function plugin(version: number, behaviour: Behaviour): string {
  const wrong: Record<Behaviour, string> = {
    throws: `throw new Error("${version}")`,
    rejects: `return Promise.reject(new Error("${version}"))`,
    "throws in a timer": `setTimeout(() => { throw new Error("${version}"); })`,
    "forgets a promise": `void Promise.reject(new Error("${version}"))`,
    "is not healthy": "",
    "is good": "",
  };
  return `
import { definePlugin } from "hotswap";
let requests = 0;
export default definePlugin({
  functions: {
    handle(): unknown {
      if (++requests % 3 === 0) { ${wrong[behaviour]} }
      return ${version};
    },
  },
});
`;
}

/** In ms: longer than the test takes. */
const WATCH = 120_000;
/** In ms: what versions are watched for that are to pass. */
const SHORT = 15;

/** Sends requests one after the other until it is disposed of, and counts the answers by version. */
class Client implements AsyncDisposable {
  readonly answers = new Map<number, number>();
  readonly #url: URL;
  readonly #asking: Promise<void>;
  #isOver = false;
  #next = Promise.withResolvers<void>();

  constructor(url: URL) {
    this.#url = url;
    this.#asking = this.#ask();
  }

  /** Resolves when this version has answered so often. */
  async answered(version: number, times: number): Promise<void> {
    while ((this.answers.get(version) ?? 0) < times) await this.#next.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#asking;
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      const version = Number(await (await fetch(this.#url)).text());
      this.answers.set(version, (this.answers.get(version) ?? 0) + 1);
      this.#next.resolve();
      this.#next = Promise.withResolvers();
    }
  }
}

test("3.18 of 200 reloads under load, a seeded third of which misbehave, every bad one goes back and no good one does", async () => {
  await using host = await createHost({ alpha: plugin(1, "is good") }, {}, {}, { apart: true });
  const { swapper } = host;
  await swapper.loadPlugins();
  await using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch() {
      try {
        return new Response(String(await swapper.current?.findPlugin("alpha")?.invokeFunc("handle")));
      } catch (error) {
        return new Response(error instanceof Error ? error.message : "none", { status: 500 });
      }
    },
  });
  await using client = new Client(server.url);
  let seed = 7;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const bad = new Map<number, Behaviour>();
  let live = 1;
  for (let version = 2; version < 202; version++) {
    const isBad = random() < 1 / 3;
    const behaviour = isBad ? (misbehaviours[Math.floor(random() * misbehaviours.length)] ?? "throws") : "is good";
    await host.change("alpha", plugin(version, behaviour));
    if (!isBad) {
      const details = await swapper.reload(undefined, { probation: { watch: SHORT, healthy: () => true } });
      await client.answered(version, 1);
      expect(await details.probation, `version ${version}`).toMatchObject({ state: "passed", errors: 0 });
      live = version;
      continue;
    }
    bad.set(version, behaviour);
    const isHealthy = behaviour !== "is not healthy";
    const watch = isHealthy ? WATCH : 10 * SHORT;
    const details = await swapper.reload(undefined, { probation: { watch, healthy: () => isHealthy } });
    expect(await details.probation, `version ${version} ${behaviour}`).toMatchObject({ state: "went back" });
    const before = client.answers.get(live) ?? 0;
    await client.answered(live, before + 1);
    expect(swapper.current?.findPlugin("alpha")?.invokeFunc("handle")).toBe(live);
  }
  const total = client.answers.values().reduce((sum, answers) => sum + answers, 0);
  const served = Array.from(bad.keys(), (version) => client.answers.get(version) ?? 0);
  const servedByBad = served.reduce((sum, answers) => sum + answers, 0);
  console.log(`${bad.size} of 200 versions were bad; they answered ${servedByBad} of ${total} requests`);
  expect(new Set(bad.values()).size).toBe(misbehaviours.length);
  expect(bad.size).toBeGreaterThan(40);
  // Going back takes the time of a few requests: most are answered by good versions.
  expect(servedByBad).toBeLessThan(total / 2);
  expect(client.answers.has(Number.NaN)).toBe(false);
}, 120_000);
