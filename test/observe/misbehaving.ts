import type { Host } from "../support/host.ts";

/** What a plugin does wrong, and what every view of the host must say of it. */
export interface Misbehaving {
  readonly plugin: string;
  /** The function that does it. */
  readonly function: string;
  readonly seen: Seen;
}

/** What a view says of one plugin. */
export interface Seen {
  /** Calls of the function. */
  readonly calls: number;
  /** Those of them that failed. */
  readonly failures: number;
  /** Errors of the plugin's background work. */
  readonly uncaught: number;
  /** Its generations that leaked. */
  readonly leaked: number;
  /** Whether a call is seen to take as long as {@link SLOW}. */
  readonly slow: boolean;
}

/** In ms. */
export const SLOW = 400;

const well: Seen = { calls: 3, failures: 0, uncaught: 0, leaked: 0, slow: false };

/** Each with what is called: `calls` times. */
export const misbehaving: readonly Misbehaving[] = [
  { plugin: "tenth", function: "work", seen: { ...well, calls: 20, failures: 2 } },
  { plugin: "timer", function: "tick", seen: { ...well, uncaught: 3 } },
  { plugin: "rejects", function: "ask", seen: { ...well, failures: 3 } },
  { plugin: "forgets", function: "ask", seen: { ...well, uncaught: 3 } },
  { plugin: "leaks", function: "work", seen: { ...well, leaked: 1 } },
  { plugin: "slow", function: "wait", seen: { ...well, calls: 2, slow: true } },
];

const functions: Readonly<Record<string, string>> = {
  tenth: `work() { if (++calls % 10 === 0) throw new TypeError("the tenth"); }`,
  timer: `tick: () => void setTimeout(() => { throw new RangeError("tick"); })`,
  rejects: `async ask() { throw new Error("no answer"); }`,
  forgets: `ask: () => void Promise.reject(new Error("nobody waits"))`,
  leaks: `work: () => kept()`,
  slow: `wait: () => new Promise((resolve) => setTimeout(resolve, ${SLOW}))`,
};

function source(plugin: string, version: number): string {
  return `
import { definePlugin } from "hotswap";
import { wishes } from "../../journal";
let calls = 0;
function kept() { return ${version}; }
if ("${plugin}" === "leaks" && ${version} === 1) wishes.set("kept", kept);
export default definePlugin({ functions: { ${functions[plugin]} } });
`;
}

/** For a host that is made with {@link options}. */
export const plugins: Readonly<Record<string, string>> = Object.fromEntries(
  misbehaving.map(({ plugin }) => [plugin, source(plugin, 1)]),
);

export const options = { observe: "calls", leakAfter: 0 } as const;

/** Has each of the plugins, which are loaded, do what it does. Resolves when the host has heard of all of it. */
export async function misbehave(host: Host): Promise<void> {
  const { swapper } = host;
  const leaked = Promise.withResolvers<void>();
  swapper.subscribe((news) => {
    if (news.type === "leak") leaked.resolve();
  });
  await host.change("leaks", source("leaks", 2));
  await swapper.reload();
  for (const { plugin, function: name, seen } of misbehaving) {
    for (let call = 0; call < seen.calls; call++) {
      try {
        await swapper.current?.findPlugin(plugin)?.invokeFunc(name);
      } catch {
        // Counted by the host.
      }
    }
  }
  await leaked.promise;
  const wanted = misbehaving.reduce((sum, { seen }) => sum + seen.uncaught, 0);
  const counted = (): number => swapper.metrics().totals.reduce((sum, { uncaught }) => sum + uncaught, 0);
  // Errors of background work are told some time after they happened.
  for (const end = performance.now() + 20_000; counted() < wanted;) {
    if (performance.now() > end) throw new Error(`${counted()} of ${wanted} uncaught errors were counted`);
    await Bun.sleep(5);
  }
}
