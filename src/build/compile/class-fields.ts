import { dirname } from "node:path";
import { bundlerConfig } from "../emit/bundle/bundle.ts";
import type { FilledOptions } from "../options.ts";
import { parseModule } from "../read/syntax/parser.ts";
import type { SourceFile } from "../read/syntax/source-file.ts";
import { NotErasable } from "./erase/erasure.ts";
import { findTypes } from "./erase/walk.ts";

/** By folder, for as long as the options are in use: Bun itself reads a folder's settings once. */
const known = new WeakMap<FilledOptions, Map<string, Promise<boolean>>>();

/**
 * Whether the fields of classes in a TypeScript file, which has some, are what they are in JavaScript. With a project that
 * sets `useDefineForClassFields` to `false` they are assignments, and fields without a value do not exist. The bundler is
 * asked, which knows the settings of the file's folder, and whatever they extend. It is not asked again in that folder.
 */
export function definesFields(options: FilledOptions, { path }: SourceFile): Promise<boolean> {
  const folders = known.get(options) ?? new Map<string, Promise<boolean>>();
  known.set(options, folders);
  const folder = dirname(path);
  const answer = folders.get(folder) ?? keepsFields(options, path);
  folders.set(folder, answer);
  return answer;
}

/** The bundler must be given the file itself: for a text it heeds no settings. */
async function keepsFields(options: FilledOptions, path: string): Promise<boolean> {
  const output = await Bun.build({ ...bundlerConfig(options), entrypoints: [path], external: ["*"] });
  const code = output.outputs.find(({ kind }) => kind === "entry-point");
  if (code === undefined) return false;
  const text = await code.text();
  try {
    return findTypes(parseModule("module.js", text).program, text).fields;
  } catch (error) {
    if (error instanceof NotErasable) return false;
    throw error;
  }
}
