import type { ArgDef } from "citty";
import { aliasesOf } from "./check-flags.ts";
import { type AnyCommand, type CommandTable, commonFlags } from "./command.ts";
import type { Paint } from "../terminal/paint.ts";

/** One flag of a command, as help and README show it. */
export interface FlagRow {
  /** `--include RE`. */
  readonly flag: string;
  readonly meaning: string;
}

/** The flags of a command, those of every command last. */
export function flagRows({ flags }: Pick<AnyCommand, "flags">): FlagRow[] {
  return Object.entries({ ...flags, ...commonFlags }).map(([name, definition]) => ({
    flag: [...aliasesOf(definition).map((alias) => `-${alias}`), `--${name}${hintOf(definition)}`].join(", "),
    meaning: definition.description ?? "",
  }));
}

/** The help of one command. */
export function commandHelp(command: AnyCommand, paint: Paint): string {
  const examples = command.examples.flatMap(({ purpose, line }) => [paint.dim(`  # ${purpose}`), `  ${line}`]);
  return [
    `${paint.bold("Usage:")} hotswap ${command.name} ${command.usage}`,
    "",
    command.description,
    "",
    paint.bold("Flags:"),
    ...columns(flagRows(command).map(({ flag, meaning }) => [flag, meaning])),
    "",
    paint.bold("Examples:"),
    ...examples,
    "",
  ].join("\n");
}

/** The list of commands. */
export function overview(commands: CommandTable, paint: Paint): string {
  return [
    `${paint.bold("Usage:")} hotswap <command> [flags]`,
    "",
    "Replaces the code of a running Bun server, plugin by plugin, without a restart.",
    "",
    paint.bold("Commands:"),
    ...columns(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    "",
    "`hotswap <command> --help` tells more about a command.",
    "",
  ].join("\n");
}

function hintOf(definition: ArgDef): string {
  const hint = definition.type === "positional" ? undefined : definition.valueHint;
  return hint === undefined ? "" : ` ${hint}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
