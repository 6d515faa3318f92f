import { join } from "node:path";
import { expect, test } from "bun:test";
import { Child } from "../support/child.ts";

const script = join(import.meta.dir, "..", "..", "demo", "fleet", "run.ts");

test("12 the fleet demo: a good release is everybody's, a refused one nobody's, one that misbehaves goes back, and no request fails", async () => {
  await using child = new Child([process.execPath, script], { cwd: import.meta.dir });
  const code = await child.exit();
  const text = child.stdout;
  expect([code, child.stderr, code === 0 ? "" : text]).toEqual([0, "", ""]);
  expect(text).toMatch(/after a good release: committed\n {2}release 1: .*\n\n/);
  expect(text).toMatch(
    /after one that worker-3 refuses: aborted, because of worker-3: .*not on worker-3\n {2}release 1: .*\n\n/,
  );
  expect(text).toMatch(
    /after one whose canary misbehaves: went back, because of worker-\d: .*could not be counted\n {2}release 1: /,
  );
  expect(text).toMatch(/^requests: \d+ served, 0 failed$/m);
});
