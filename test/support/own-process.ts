import { expect, test } from "bun:test";
import { checkout } from "../package/consumer.ts";

/**
 * Runs the tests of a file in a process of their own, and has a test here for each. For tests that collect garbage or look at
 * the whole heap: in a worker the heap holds what all files before left there, and each look takes up to fifty times as long.
 *
 * @param url of a file that is not called `*.test.ts`
 */
export async function testsOf(url: string): Promise<void> {
  await using child = Bun.spawn([process.execPath, "test", "--timeout", "60000", Bun.fileURLToPath(url)], {
    cwd: checkout,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [printed, reported, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const results = new Map<string, string>();
  for (const [, result = "", name = ""] of reported.matchAll(
    /^\((pass|fail|skip|todo)\) (.+?)(?: \[[\d.]+m?s\])?$/gm,
  )) {
    results.set(name, result);
  }
  for (const [name, result] of results) {
    test.skipIf(result === "skip" || result === "todo")(name, () => {
      if (result === "fail") throw new Error(`it failed in a process of its own:\n${printed}${reported}`);
    });
  }
  test("the process of their own ended as its tests did", () => {
    const failed = results.values().some((result) => result === "fail");
    expect(results.size).toBeGreaterThan(0);
    if (exitCode !== 0 && !failed) throw new Error(`exit code ${exitCode}:\n${printed}${reported}`);
  });
}
