import { join } from "node:path";
import { bundlerConfig } from "../bundle/bundle.ts";
import type { FilledOptions } from "../options.ts";

/** By folder, for as long as the options are in use: Bun itself reads a folder's settings once. */
const known = new WeakMap<FilledOptions, Map<string, Promise<boolean>>>();

/**
 * Whether a class's fields in TypeScript files of a folder are what they are in JavaScript. With a project that sets
 * `useDefineForClassFields` to `false` they are assignments, and fields without a value do not exist. The bundler is asked:
 * it knows which settings are the folder's.
 */
export function definesFields(options: FilledOptions, folder: string): Promise<boolean> {
  const folders = known.get(options) ?? new Map<string, Promise<boolean>>();
  known.set(options, folders);
  const answer = folders.get(folder) ?? ask(options, folder);
  folders.set(folder, answer);
  return answer;
}

async function ask(options: FilledOptions, folder: string): Promise<boolean> {
  const file = join(folder, "hotswap-class-fields.ts");
  const output = await Bun.build({
    ...bundlerConfig(options),
    entrypoints: [file],
    files: { [file]: "export class Fields { field; }" },
  });
  const [code] = output.outputs;
  return output.success && code !== undefined && /\bfield\b/.test(await code.text());
}
