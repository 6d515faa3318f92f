import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isBuiltin } from "node:module";
import { type BuildResult, createBuilder } from "../../../../src/build/index.ts";
import { createProject, type Files, type Project } from "../../../support/project.ts";
import { runArtifact } from "../../support/run-artifact.ts";
import { runAllNatively, runNatively } from "../../support/run-natively.ts";
import type { Case, Cases } from "./cases/case.ts";
import { evaluationCases } from "./cases/evaluation.ts";
import { exportCases } from "./cases/exports.ts";
import { fileCases } from "./cases/files.ts";
import { importCases } from "./cases/imports.ts";
import { languageCases } from "./cases/language.ts";

/** The root module has the definition at its end, where it changes no line of the case. */
function projectFiles({ files }: Case): Files {
  const placed = Object.entries(files).map(([path, text]) => {
    const place = path.startsWith("../../") ? path.slice("../../".length) : `plugin/alpha/${path}`;
    const definition = `\nimport { definePlugin } from "hotswap"; export default definePlugin({});\n`;
    return [place, path === "index.ts" ? `${String(text)}${definition}` : text] as const;
  });
  return Object.fromEntries(placed);
}

/** What can be seen of an artifact from outside. */
async function behaviour(project: Project, built: BuildResult): Promise<object> {
  const { name, liveFuncs, liveTypes, assets } = built.manifest;
  // Bun's own modules the bundle imports itself, and sections through the host.
  const hostModules = built.manifest.hostModules.filter(({ specifier }) => !isBuiltin(specifier));
  using running = await runArtifact(project, built);
  const result = await running.call("result");
  return {
    result,
    exports: Object.keys(running.exports)
      .filter((key) => !key.startsWith("__hotswap"))
      .toSorted(),
    manifest: { name, hostModules, liveFuncs, liveTypes, assets },
    warnings: built.warnings.map(({ message }) => message),
  };
}

const rooms: Readonly<Record<string, Cases>> = {
  exports: exportCases,
  imports: importCases,
  evaluation: evaluationCases,
  language: languageCases,
  files: fileCases,
};

/** The project of each case, and what `bun run` makes of it when it has no settings of its own. */
const projects = new Map<Case, { readonly project: Project; readonly run: (() => unknown) | undefined }>();

function hasSettings({ files }: Case): boolean {
  return Object.keys(files).some((path) => path.startsWith("../../") && !/\.[jt]sx?$/.test(path));
}

beforeAll(async () => {
  const cases = Object.values(rooms).flatMap((room) => Object.values(room));
  const made = await Promise.all(
    cases.map(async (given) => [given, await createProject(projectFiles(given))] as const),
  );
  const together = made.filter(([given]) => given.notNative === undefined && !hasSettings(given));
  const said = await runAllNatively(together.map(([, project]) => project));
  const runs = new Map(together.map(([given], index) => [given, said[index]]));
  for (const [given, project] of made) projects.set(given, { project, run: runs.get(given) });
});

afterAll(async () => {
  for (const { project } of projects.values()) await project[Symbol.asyncDispose]();
});

async function conform(given: Case): Promise<void> {
  const { project, run } = projects.get(given) ?? {};
  if (project === undefined) throw new TypeError("there is no project");
  if (given.notNative === undefined) {
    expect({ run: run === undefined ? await runNatively(project) : run() }).toMatchObject({ run: given.result });
  }
  const bundled = await project.build("alpha", { ...given.options, outputDir: project.path("bundled") });
  const expected = await behaviour(project, bundled);
  const builder = createBuilder({ pluginDir: project.path("plugin/alpha"), outputDir: project.out, ...given.options });
  const built = await builder.build();
  expect(await behaviour(project, built)).toEqual(expected);
  expect(expected).toMatchObject({ result: given.result });
  expect(built.manifest.sections).toBeDefined();
}

describe.each(Object.entries(rooms))(
  "modules that are kept apart do what the bundle and `bun run` do: %s",
  (_, cases) => {
    test.each(Object.entries(cases))("%s", async (_name, given) => {
      await conform(given);
    });
  },
);
