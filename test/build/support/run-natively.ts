import { expect } from "bun:test";
import { deserialize } from "bun:jsc";
import { Child } from "../../support/child.ts";
import type { Project } from "../../support/project.ts";

const script = `import { serialize } from "bun:jsc";
import { result } from "./plugin/alpha/index.ts";
console.log("\\n" + Buffer.from(serialize(await result())).toString("base64"));
`;

/** What `bun run` makes of the plugin's source: what its `result()` returns, awaited. */
export async function runNatively(project: Project): Promise<unknown> {
  await project.write({ "run.ts": script });
  await using run = new Child([process.execPath, "run.ts"], { cwd: project.root, env: { NODE_ENV: "test" } });
  expect(await run.exit(), run.stderr).toBe(0);
  return deserialize(Buffer.from(run.stdout.trimEnd().split("\n").at(-1) ?? "", "base64"));
}
