import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { declare, publishedManifest } from "../../package/published.ts";
import { createProject, type Files, type Project } from "../support/project.ts";

const checkout = join(import.meta.dir, "..", "..");
const tsc = join(checkout, "node_modules", ".bin", "tsc");

/** How a project may resolve modules. */
export const resolutions = [
  { moduleResolution: "bundler", module: "preserve" },
  { moduleResolution: "nodenext", module: "nodenext" },
] as const;

/** A project that has hotswap as it is packed: its declarations, none of its source, so that no setting of ours is needed. */
export async function createConsumer(files: Files): Promise<Project> {
  const project = await createProject(files);
  const folder = project.path("node_modules", "hotswap");
  await rm(folder);
  await mkdir(folder);
  await Bun.write(join(folder, "package.json"), JSON.stringify(publishedManifest()));
  await declare(join(folder, "types"));
  await symlink(join(checkout, "node_modules", "bun-types"), project.path("node_modules", "bun-types"), "dir");
  return project;
}

/** What the compiler says of a project under strict options; empty when it is content. Leaves out what `exclude` names. */
export async function compile(
  project: Project,
  options: (typeof resolutions)[number],
  exclude: readonly string[] = [],
): Promise<string> {
  const compilerOptions = {
    target: "esnext",
    lib: ["esnext"],
    types: ["bun-types"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    noEmit: true,
    ...options,
  };
  await project.write({ "tsconfig.json": JSON.stringify({ compilerOptions, exclude: ["node_modules", ...exclude] }) });
  return Bun.spawnSync([tsc, "--pretty", "false"], { cwd: project.root }).stdout.toString();
}
