import { expect } from "bun:test";
import { deserialize } from "bun:jsc";
import { Child } from "../../support/child.ts";
import type { Project } from "../../support/project.ts";

/** Prints a line for each project in turn: what it says, or why it fails. */
const script = `import { serialize } from "bun:jsc";
for (const root of process.argv.slice(2)) {
  process.chdir(root);
  const said = await import(root + "/plugin/alpha/index.ts").then(({ result }) => result()).then(
    (value) => ({ value }),
    (error) => ({ error: String(error?.stack ?? error) }),
  );
  console.log("\\nsaid " + Buffer.from(serialize(said)).toString("base64"));
}
process.exit(0);
`;

/** What `bun run` makes of the plugin's source: what its `result()` returns, awaited. */
export async function runNatively(project: Project): Promise<unknown> {
  return (await runAllNatively([project]))[0]?.();
}

/** The same of several, in one process: what each returns. Its settings, such as `tsconfig.json`, are those of the first. */
export async function runAllNatively(projects: readonly Project[]): Promise<(() => unknown)[]> {
  const [first] = projects;
  if (first === undefined) return [];
  await first.write({ "run.ts": script });
  const roots = projects.map(({ root }) => root);
  await using run = new Child([process.execPath, "run.ts", ...roots], { cwd: first.root, env: { NODE_ENV: "test" } });
  expect(await run.exit(), run.stderr).toBe(0);
  return Array.from(run.stdout.matchAll(/^said (.*)$/gm), ([, text = ""]) => () => {
    const said = deserialize(Buffer.from(text, "base64")) as { readonly value?: unknown; readonly error?: string };
    if (said.error !== undefined) throw new Error(said.error);
    return said.value;
  });
}
