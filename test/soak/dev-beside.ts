import { soakDev, type SoakResult } from "./dev-loop.ts";

/** In s; `bun run soak:dev` takes an hour. */
const TIME = 120;

/** In ms: the longest pause between two bursts. The tests beside it need the processors. */
const REST = 3000;

/** Where the result can be had of a soak that began before the tests. */
const variable = "HOTSWAP_TEST_DEV_SOAK";

/** Two minutes of random editing that take little processor time. Prints the command that does the same edits again. */
export function soakBeside(): Promise<SoakResult> {
  const seed = Date.now() % 1_000_000;
  console.log(`random edits under hotswap dev for ${TIME} s; the same again: bun run soak:dev ${TIME} ${seed} ${REST}`);
  return soakDev(TIME, seed, () => undefined, REST);
}

/** The result of the soak that was begun before the tests, or of one that begins now. */
export async function resultOfSoak(): Promise<SoakResult> {
  const url = process.env[variable];
  if (url === undefined) return soakBeside();
  const response = await fetch(url);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as SoakResult;
}

/** Runs a command beside a soak, of which {@link resultOfSoak} tells the tests in it. Returns the command's exit code. */
export async function runBesideSoak(command: readonly string[]): Promise<number> {
  const soak = soakBeside();
  const over = Promise.allSettled([soak]);
  await using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch: () => soak.then(Response.json, (error: Error) => new Response(error.stack, { status: 500 })),
  });
  const child = Bun.spawn([...command], {
    env: { ...process.env, [variable]: server.url.href },
    stdio: ["inherit", "inherit", "inherit"],
  });
  const code = await child.exited;
  // It ends its processes and removes its folder by itself, unless it hangs, and its test has failed.
  await Promise.race([over, Bun.sleep(2 * TIME * 1000)]);
  return code;
}
