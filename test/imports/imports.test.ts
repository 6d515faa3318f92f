import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { createProject, type Project } from "../support/project.ts";
import { cases } from "./cases.ts";
import { ownFiles, surroundings } from "./project-files.ts";

const names = Object.keys(cases);

/** The root module: it runs every case, and one that throws is one of its results. */
const program = `import { definePlugin } from "hotswap";
${names.map((name, index) => `import case${index} from ${JSON.stringify(`./cases/${name}.ts`)};\n`).join("")}
const cases: Record<string, () => unknown> = { ${names.map((name, index) => `${JSON.stringify(name)}: case${index}`).join(", ")} };
export async function run(): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const [name, work] of Object.entries(cases)) {
    try {
      results[name] = (await work()) ?? null;
    } catch (error) {
      results[name] = "threw " + String(error);
    }
  }
  return results;
}
export default definePlugin({ functions: { run } });
`;

const ways = ["plain", "build", "builder", "static"];
const results = new Map<string, Record<string, unknown>>();
let project: Project;

async function runProgram(way: string): Promise<void> {
  const script = join(import.meta.dir, "run-program.ts");
  const child = Bun.spawn([process.execPath, script, project.root, way], { cwd: project.root, stderr: "pipe" });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (child.exitCode !== 0) throw new Error(`${way} failed:\n${errors}`);
  for (const [name, found] of Object.entries(JSON.parse(output) as Record<string, Record<string, unknown>>)) {
    results.set(name, found);
  }
}

beforeAll(async () => {
  const own = {
    ...ownFiles,
    "index.ts": program,
    ...Object.fromEntries(names.map((name) => [`cases/${name}.ts`, cases[name] ?? ""])),
  };
  project = await createProject({
    ...surroundings,
    ...Object.fromEntries(Object.entries(own).map(([path, text]) => [`plugin/alpha/${path}`, text])),
  });
  await mkdir(project.path("node_modules/@work"), { recursive: true });
  await symlink("../../packages/shared", project.path("node_modules/@work/shared"));
  await mkdir(project.path("linked"));
  // An edit of the builder is no concern of those that are read at the same time, but two by two is as fast.
  for (const way of ways) await runProgram(way);
}, 60_000);

afterAll(() => project[Symbol.asyncDispose]());

describe("2.7 what a plugin imports means what the same line means under `bun run`", () => {
  describe.each(["build", "builder, fresh", "builder, edited", "static"])("%s", (way) => {
    test.each(names)("%s", (name) => {
      expect(results.get(way)?.[name]).toEqual(results.get("plain")?.[name]);
    });
  });

  test.each(names)("it works under `bun run` itself: %s", (name) => {
    expect(results.get("plain")?.[name]).not.toStartWith?.("threw");
  });
});
