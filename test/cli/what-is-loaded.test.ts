import { expect, test } from "bun:test";
import { createProject, type Project } from "../support/project.ts";
import { hotswapWith } from "./run-cli.ts";

const preload = `${import.meta.dir}/list-loaded.ts`;

/** The packages and commands that a command line loaded before it ended with `code`. */
async function loadedUntil(code: number, project: Project, ...words: string[]): Promise<string[]> {
  const { exitCode, stderr } = await hotswapWith({ BUN_OPTIONS: `--preload=${preload}` }, project, ...words);
  expect(exitCode).toBe(code);
  return JSON.parse(stderr) as string[];
}

function loadedBy(project: Project, ...words: string[]): Promise<string[]> {
  return loadedUntil(0, project, ...words);
}

function plugin(functions: string): string {
  return `import { definePlugin } from "hotswap";\n${functions}\nexport default definePlugin({ functions: { hum: () => 1 } });\n`;
}

test("9 a build loads neither the parser nor anything for other commands, unless it needs them", async () => {
  await using project = await createProject({
    "plugin/alpha/index.ts": plugin("export function handle() {}"),
    "plugin/beta/index.ts": plugin("export function live_handle() {}"),
  });
  const alpha = await loadedBy(project, "build", "plugin/alpha", "bin");
  expect(alpha.filter((path) => path.includes("node_modules"))).toEqual([]);
  expect(alpha.filter((path) => /\/src\/build\/static\/|\/cli\/(?:dev|host)\//.test(path))).toEqual([]);
  expect(alpha).toContainEqual(expect.stringContaining("/src/build/build.ts"));
  const beta = await loadedBy(project, "build", "--livePrefix", "live_", "plugin/beta", "bin");
  expect(beta).toContainEqual(expect.stringContaining("oxc-parser"));
});

test("17.1 hotswap dev loads nothing but what starts the host, until the host has loaded its plugins", async () => {
  await using project = await createProject({ "plugin/alpha/index.ts": plugin("") });
  // A host that only asks its parent to end.
  const host = ["sh", "-c", "kill -TERM $PPID; exec sleep 60"];
  const loaded = await loadedUntil(143, project, "dev", "plugin/*", "--out", "bin", "--", ...host);
  expect(loaded).toContainEqual(expect.stringContaining("/src/dev/host-process.ts"));
  const unneeded =
    /node_modules|\/cli\/host\/|\/cli\/dev\/(?:view|report|type-check|keys)|\/src\/control\/(?!socket)|\/src\/build\/compile\//;
  expect(loaded.filter((path) => unneeded.test(path))).toEqual([]);
});
