import { parseArgs } from "citty";
import { describeError, HotswapError } from "../src/errors.ts";
import { didYouMean } from "../src/suggest.ts";
import { checkFlags } from "./check-flags.ts";
import { type AnyCommand, type CommandTable, commonFlags, type Invocation, UsageError } from "./command.ts";
import { commandHelp, overview } from "./help.ts";
import { paintFor } from "./paint.ts";

/** Runs what the command line says; answers the exit code. */
export async function runCommandLine(commands: CommandTable, words: readonly string[]): Promise<number> {
  const [name, ...args] = words;
  try {
    if (name === undefined || name === "help" || name === "-h" || name === "--help") {
      process.stdout.write(overview(commands, paintFor(process.stdout)));
      return name === undefined ? 1 : 0;
    }
    const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (entry === undefined) {
      const what = name.startsWith("-") ? "flag" : "command";
      const problem = `unknown ${what} ${name}${didYouMean(name, Object.keys(commands))}`;
      throw new UsageError(`${problem}; \`hotswap --help\` lists the commands`);
    }
    return await runCommand(await entry.load(), args);
  } catch (error) {
    reportError(error, args.includes("--debug"));
    return 1;
  }
}

async function runCommand(command: AnyCommand, words: readonly string[]): Promise<number> {
  const separator = words.indexOf("--");
  const own = separator === -1 ? words : words.slice(0, separator);
  const rest = separator === -1 ? [] : words.slice(separator + 1);
  const definitions = { ...command.flags, ...commonFlags };
  if (own.some((word) => word === "-h" || word === "--help")) {
    process.stdout.write(commandHelp(command, paintFor(process.stdout)));
    return 0;
  }
  try {
    const { _: operands, ...flags } = parseArgs(checkFlags(own, definitions), definitions);
    if (rest.length > 0 && command.takesRest !== true) {
      throw new UsageError(`nothing can stand after -- here, but "${rest.join(" ")}" does`);
    }
    return await command.run({ flags, operands, rest } as unknown as Invocation<never>);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}\nUsage: hotswap ${command.name} ${command.usage}`);
  }
}

/** One readable message on stderr. What is no mistake of the user's is shown with its stack. */
export function reportError(error: unknown, debug: boolean): void {
  const expected = error instanceof HotswapError || error instanceof UsageError;
  const paint = paintFor(process.stderr);
  const text = debug || !expected ? Bun.inspect(error, { colors: false }) : describeError(error);
  process.stderr.write(`${paint.red("error:")} ${text.trimEnd()}\n`);
}
