import type { ArgsDef } from "citty";
import { checkFlags } from "./check-flags.ts";
import type { AnyCommand } from "./command.ts";

/** The values of flags by their names in camel case, and under `_` what is neither a flag nor the value of one. */
export type ParsedWords = { readonly _: readonly string[] } & Readonly<Record<string, unknown>>;

/**
 * Parses what stands on a command line before `--`. Throws a {@link UsageError}.
 *
 * The parser is loaded only when there is a flag: with what it needs of Node.js it takes as long as a small build.
 */
export async function parseWords(
  words: readonly string[],
  flags: ArgsDef,
  foreignFlag?: AnyCommand["foreignFlag"],
): Promise<ParsedWords> {
  const checked = checkFlags(words, flags, foreignFlag);
  if (checked.some((word) => word.startsWith("-") && word !== "-")) {
    const { parseArgs } = await import("citty");
    return parseArgs(checked, flags);
  }
  return { ...defaultsOf(flags), _: checked };
}

function defaultsOf(flags: ArgsDef): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(flags)) {
    if (definition.default !== undefined) defaults[name] = definition.default;
  }
  return defaults;
}
