import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";

const checkout = join(import.meta.dir, "..", "..");
const oxlint = join(checkout, "node_modules", ".bin", "oxlint");

interface Override {
  readonly files: readonly string[];
}

/** What oxlint says of the sources after `line` was put in front of the file. */
async function lintWith(file: string, line: string): Promise<{ readonly code: number; readonly output: string }> {
  const copy = await mkdtemp(join(tmpdir(), "hotswap-rings-"));
  try {
    for (const name of [".oxlintrc.json", "rings.oxlintrc.json", "src", "tsconfig.json"]) {
      await cp(join(checkout, name), join(copy, name), { recursive: true });
    }
    const path = join(copy, file);
    await Bun.write(path, `${line}\n${await Bun.file(path).text()}`);
    const child = Bun.spawn([oxlint, "--deny-warnings", "src"], { cwd: copy, stdout: "pipe", stderr: "pipe" });
    const output = await new Response(child.stdout).text();
    return { code: await child.exited, output };
  } finally {
    await rm(copy, { recursive: true });
  }
}

test("every folder of src/ has its place in the rings", async () => {
  const { overrides } = (await Bun.file(join(checkout, "rings.oxlintrc.json")).json()) as { overrides: Override[] };
  const placed = overrides.flatMap(({ files }) => files).map((pattern) => /^src\/(\w+)\/\*\*$/.exec(pattern)?.[1]);
  const folders = await readdir(join(checkout, "src"), { withFileTypes: true });
  expect(placed.filter((folder) => folder !== undefined).toSorted()).toEqual(
    folders
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted(),
  );
});

test.each([
  ["the core imports what surrounds it", "src/vault/live-type.ts", `import "../control/server.ts";`],
  ["so do its types", "src/link/order.ts", `import type {} from "../serve/options.ts";`],
  ["a folder imports one that is further out", "src/load/copies/copy-folder.ts", `import "../../link/link.ts";`],
  ["two files import each other's types", "src/link/node.ts", `import type {} from "./link.ts";`],
  ["an import is dynamic, and nobody says that it may be", "src/plan/live.ts", `void import("../jobs/job.ts");`],
])("the check fails when %s", async (_, file, line) => {
  const { code, output } = await lintWith(file, line);
  expect(output).toMatch(/knows nothing further out|Dependency cycle detected/);
  expect(code).not.toBe(0);
});
