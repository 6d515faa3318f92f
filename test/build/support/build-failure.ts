import { BuildError, type BuildOptions } from "../../../src/build/index.ts";
import type { Project } from "../../support/project.ts";

/** The error of a build that must fail. */
export async function buildFailure(
  project: Project,
  name: string,
  options: Partial<BuildOptions> = {},
): Promise<BuildError> {
  try {
    await project.build(name, options);
  } catch (error) {
    if (error instanceof BuildError) return error;
    throw error;
  }
  throw new Error(`${name} was built, although it must not be`);
}

/** What a failed build complains of: `file:line:column message`, with files relative to the project. */
export async function complaints(
  project: Project,
  name: string,
  options: Partial<BuildOptions> = {},
): Promise<string[]> {
  const { diagnostics } = await buildFailure(project, name, options);
  return diagnostics.map(
    ({ file, line, column, message }) => `${file.slice(project.root.length + 1)}:${line}:${column} ${message}`,
  );
}
