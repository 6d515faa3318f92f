import { expect, test } from "bun:test";
import { join } from "node:path";

/** Runs the short form of a soak in a process of its own, whose memory is not that of other tests. */
async function soak(...flags: string[]): Promise<{ code: number; output: string }> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "soak.ts"), ...flags], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, output: out + err };
}

test.each([
  ["bundled", []],
  ["kept apart", ["--apart"]],
])(
  "6.3 the memory of freed generations is given back: 400 reloads end where 100 did, and all are collected: modules that are %s",
  async (_, flags) => {
    const { code, output } = await soak("--count", "400", ...flags);
    expect(output).toEndWith("passed\n");
    expect(code).toBe(0);
  },
  60_000,
);

test("15.1 what is kept of calls and errors does not grow over reloads, whatever names functions have", async () => {
  const { output } = await soak("--names", "--count", "100");
  expect(output).toMatch(/entries: (\d+)( \1){19}\n/);
  expect(output).not.toMatch(/FAILED: (?!RSS|heap)/);
}, 60_000);

test("60 reloads under load: no failed request, no dropped socket, every frame answered by one set", async () => {
  const { output } = await soak("--load", "--count", "60");
  expect(output).toMatch(
    /[1-9]\d* requests, 0 failed; [1-9]\d* frames over 200 sockets, 0 dropped; 0 answers of a mixture/,
  );
  expect(output).not.toMatch(/FAILED: (?!RSS|heap)/);
}, 60_000);
