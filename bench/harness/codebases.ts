import { cpSync } from "node:fs";
import { join } from "node:path";
import { installedVersion } from "./machine.ts";
import type { Folder } from "./folder.ts";

const installed = join(import.meta.dir, "..", "node_modules");

/** A public codebase as it comes from npm, which a plugin has for its own code. */
export interface Codebase {
  readonly name: string;
  /** How many modules the entry leads to. */
  readonly modules: number;
  /** In the package: the folder that is copied, in it the module that is imported, and the one that is edited, deep below it. */
  readonly folder: string;
  readonly entry: string;
  readonly edited: string;
}

/** Those that ship their TypeScript first. */
export const codebases: readonly Codebase[] = [
  { name: "zod", modules: 95, folder: "src", entry: "index.ts", edited: "v4/core/util.ts" },
  { name: "effect", modules: 65, folder: "src", entry: "Effect.ts", edited: "internal/core.ts" },
  { name: "@tanstack/query-core", modules: 23, folder: "src", entry: "index.ts", edited: "utils.ts" },
  { name: "immer", modules: 1, folder: "dist", entry: "immer.mjs", edited: "immer.mjs" },
  { name: "xstate", modules: 7, folder: "dist", entry: "xstate.esm.js", edited: "xstate.esm.js" },
  { name: "hono", modules: 26, folder: "dist", entry: "index.js", edited: "utils/url.js" },
  { name: "kysely", modules: 255, folder: "dist", entry: "index.js", edited: "util/object-utils.js" },
  { name: "elysia", modules: 25, folder: "dist", entry: "index.mjs", edited: "utils.mjs" },
];

/** Why a codebase cannot be had here, or `undefined` when it can. */
export function codebaseAbsence({ name }: Codebase): string | undefined {
  return installedVersion(name) === undefined ? `${name}: it is not installed` : undefined;
}

/** Copies a codebase into a folder of the project. */
export function copyCodebase({ name, folder }: Codebase, project: Folder, path: string): void {
  cpSync(join(installed, name, folder), project.path(path), { recursive: true });
}
