import type { ArgsDef, ParsedArgs } from "citty";

/** What a command is run with. */
export interface Invocation<Flags extends ArgsDef> {
  /** Values of the flags, under their names in camel case. */
  readonly flags: ParsedArgs<Flags>;
  /** What is neither a flag nor the value of one. */
  readonly operands: readonly string[];
  /** What stands after `--`. */
  readonly rest: readonly string[];
}

/** A command of the command line. */
export interface Command<Flags extends ArgsDef = ArgsDef> {
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly description: string;
  /** What follows the name: `[flags] <pluginDir...> <outputDir>`. */
  readonly usage: string;
  /** Flags in camel case; the kebab-case spelling is understood as well. `help` and `debug` are added to every command. */
  readonly flags: Flags;
  /** Complete command lines, each with what it is for. */
  readonly examples: readonly { readonly purpose: string; readonly line: string }[];
  /** The command line may have a part after `--`. */
  readonly takesRest?: boolean;
  /** What to say of a flag among `words` that is not one of `flags`; `undefined` when it is not known elsewhere either. */
  readonly foreignFlag?: (flag: string, words: readonly string[]) => string | undefined;
  /** What the first operand may be, where it is no path; offered by completion. */
  readonly choices?: readonly string[];
  /** Runs the command; resolves to the exit code. What it throws is reported, with exit code 1. */
  run(invocation: Invocation<Flags & CommonFlags>): Promise<number>;
}

/** Flags that every command has. */
export const commonFlags = {
  debug: { type: "boolean", description: "Show stack traces of errors" },
  help: { type: "boolean", alias: "h", description: "Show this help" },
} as const satisfies ArgsDef;

export type CommonFlags = typeof commonFlags;

/** Commands by name. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

export interface CommandEntry {
  /** One line for the overview. */
  readonly summary: string;
  readonly load: () => Promise<AnyCommand>;
}

/** A command whose flags are not known here. */
export type AnyCommand = Omit<Command, "run"> & { run(invocation: Invocation<never>): Promise<number> };

/** Declares a command so that `run` sees the types of its flags. */
export function defineCommand<const Flags extends ArgsDef>(command: Command<Flags>): AnyCommand {
  return command as unknown as AnyCommand;
}

/** Thrown for a command line that cannot be understood. The message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
