import * as fc from "fast-check";
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { BuildError, type BuildResult, createBuilder } from "../../../../src/build/index.ts";
import { createProject, type Project } from "../../../support/project.ts";
import { runArtifact } from "../../support/run-artifact.ts";
import { randomFiles, randomHistory } from "./random-plugin.ts";

const missing = /Could not resolve|File not found/;

/**
 * What comes of a build: what the artifact does, or why there is none. In a bundle, what is imported later may change the
 * order in which everything else is evaluated; unless it is `ordered`, the order is left out.
 */
async function outcome(project: Project, building: Promise<BuildResult>, ordered: boolean): Promise<unknown> {
  let built: BuildResult;
  try {
    built = await building;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const refused = error.diagnostics.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`);
    // Of what is missing, the bundler says one or the other, depending on when it looks.
    return { refused: refused.some((message) => missing.test(message)) ? "something is missing" : refused };
  }
  const { liveFuncs, liveTypes } = built.manifest;
  try {
    using running = await runArtifact(project, built);
    const exports = Object.keys(running.exports).filter((name) => !name.startsWith("__hotswap"));
    const [atOnce, values, atLast] = (await running.call("result")) as [unknown[], unknown, unknown[]];
    const seen = [atOnce, atLast].map((events) => (ordered ? events : events.map(String).toSorted()));
    return { seen, values, exports: exports.toSorted(), liveFuncs, liveTypes };
  } catch (error) {
    return { thrown: ordered ? String(error) : "something" };
  }
}

function isMissing(outcomeOfBuild: unknown): boolean {
  return (outcomeOfBuild as { readonly refused?: unknown }).refused === "something is missing";
}

/** Every import names a file that is there. */
function isComplete(files: Record<string, string | undefined>): boolean {
  const imported = Object.values(files).flatMap((text) => Array.from(text?.matchAll(/"\.\/(\w+)"/g) ?? []));
  return imported.every(([, name]) => files[`${name}.ts`] !== undefined);
}

/** Writes what is different from before; returns the paths. */
async function write(
  project: Project,
  before: Record<string, string | undefined>,
  now: Record<string, string | undefined>,
): Promise<string[]> {
  const written: string[] = [];
  for (const [name, text] of Object.entries(now)) {
    const path = `plugin/alpha/${name}`;
    if (text === before[name]) continue;
    if (text === undefined) rmSync(project.path(path));
    else await project.write({ [path]: text });
    written.push(project.path(path));
  }
  return written;
}

test("whatever a plugin's modules import of each other, and however they are edited, a builder does what a build does", async () => {
  let apart = 0;
  await fc.assert(
    fc.asyncProperty(randomHistory(3), async (history) => {
      await using project = await createProject({ "plugin/alpha/index.ts": "" });
      const options = { pluginDir: project.path("plugin/alpha"), outputDir: project.out };
      const builder = createBuilder(options);
      let before: Record<string, string | undefined> = {};
      for (const plugin of history) {
        const files = randomFiles(plugin);
        await write(project, before, files);
        before = files;
        const ordered = !Object.values(files).some((text) => text?.includes("import("));
        const building = builder.build();
        const whole = project.build("alpha", { outputDir: project.path("bundled") });
        const [actual, expected] = await Promise.all(
          [building, whole].map((built) => outcome(project, built, ordered)),
        );
        // For a moment the bundler may take a file for missing that was missing a moment ago.
        if (isComplete(files) && [actual, expected].some(isMissing)) continue;
        expect(actual).toEqual(expected);
        const built = await building.catch(() => undefined);
        if (built?.manifest.sections === undefined) continue;
        const fresh = await createBuilder({ ...options, outputDir: project.path("fresh") }).build();
        expect(built.hash).toBe(fresh.hash);
        apart++;
      }
    }),
    { numRuns: 30 },
  );
  // Otherwise it shows nothing.
  expect(apart).toBeGreaterThan(10);
}, 120_000);

test("a builder that is told what changed makes of it what one makes that looks at everything", async () => {
  let same = 0;
  await fc.assert(
    fc.asyncProperty(randomHistory(4), async (history) => {
      await using project = await createProject({ "plugin/alpha/index.ts": "" });
      const options = { pluginDir: project.path("plugin/alpha"), outputDir: project.out };
      const builder = createBuilder(options);
      let before: Record<string, string | undefined> = {};
      let changed: string[] = [];
      const step = async (files: Record<string, string | undefined>): Promise<void> => {
        changed.push(...(await write(project, before, files)));
        before = files;
        const built = await builder.buildInMemory(changed).catch(() => undefined);
        // What changed since the last build that succeeded.
        if (built !== undefined) changed = [];
        const fresh = await createBuilder(options)
          .buildInMemory()
          .catch(() => undefined);
        if (isComplete(files)) expect(built?.artifact.hash).toBe(fresh?.artifact.hash);
        if (built !== undefined) same++;
      };
      for (const plugin of history) {
        const files = randomFiles(plugin);
        await step(files);
        // Edits that change nothing of what is imported and exported.
        for (const [name, text] of Object.entries(files)) {
          if (text !== undefined) await step({ ...files, [name]: `${text}\nvoid ${JSON.stringify(name)};\n` });
        }
        await step(files);
      }
    }),
    { numRuns: 10 },
  );
  // Otherwise it shows nothing.
  expect(same).toBeGreaterThan(20);
}, 120_000);
