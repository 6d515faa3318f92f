import type { ArgsDef } from "citty";
import { checkFlags } from "./check-flags.ts";
import type { AnyCommand } from "./command.ts";

/** The values of flags by their names in camel case, and under `_` what is neither a flag nor the value of one. */
export type ParsedWords = { readonly _: readonly string[] } & Readonly<Record<string, unknown>>;

/** Parses what stands on a command line before `--`. Throws a {@link UsageError}. */
export function parseWords(
  words: readonly string[],
  flags: ArgsDef,
  foreignFlag?: AnyCommand["foreignFlag"],
): ParsedWords {
  const operands: string[] = [];
  const values: Record<string, unknown> = defaultsOf(flags);
  for (const word of checkFlags(words, flags, foreignFlag)) {
    const [, no, name = "", value] = /^--(no-)?(\w+)(?:=([^]*))?$/.exec(word) ?? [];
    if (name === "") operands.push(word);
    else values[name] = value ?? no === undefined;
  }
  return { ...values, _: operands };
}

function defaultsOf(flags: ArgsDef): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(flags)) {
    if (definition.default !== undefined) defaults[name] = definition.default;
  }
  return defaults;
}
