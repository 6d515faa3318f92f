import { describeError, HotswapError } from "../../src/errors.ts";
import { didYouMean } from "../../src/suggest.ts";
import { systemFailure } from "../../src/system-failure.ts";
import { type AnyCommand, type CommandTable, commonFlags, type Invocation, UsageError } from "./command.ts";
import { parseWords } from "./parse-words.ts";
import { print, printError } from "../terminal/output.ts";
import { paintFrames } from "../terminal/paint-frames.ts";
import { paintFor } from "../terminal/paint.ts";

/** Runs what the command line says; resolves to the exit code. */
export async function runCommandLine(commands: CommandTable, words: readonly string[]): Promise<number> {
  const [name, ...args] = words;
  try {
    if (name === "help" && args[0]?.startsWith("-") === false) {
      return await runCommand(await commandNamed(commands, args[0]), ["--help"]);
    }
    if (name === undefined || name === "help" || name === "-h" || name === "--help") {
      const { overview } = await import("./help.ts");
      await print(overview(commands, paintFor("stdout")));
      return name === undefined ? 1 : 0;
    }
    if (name === "-v" || name === "--version") {
      const { versions } = await import("./versions.ts");
      await print(versions());
      return 0;
    }
    return await runCommand(await commandNamed(commands, name), args);
  } catch (error) {
    await reportError(error, args.includes("--debug"));
    return 1;
  }
}

async function commandNamed(commands: CommandTable, name: string): Promise<AnyCommand> {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry !== undefined) return entry.load();
  const [what, known] = name.startsWith("-")
    ? ["flag", ["--help", "--version"]]
    : ["command", [...Object.keys(commands), "help"]];
  const problem = `unknown ${what} ${name}${didYouMean(name, known)}`;
  throw new UsageError(`${problem}; \`hotswap --help\` lists the commands`);
}

async function runCommand(command: AnyCommand, words: readonly string[]): Promise<number> {
  const separator = words.indexOf("--");
  const own = separator === -1 ? words : words.slice(0, separator);
  const rest = separator === -1 ? [] : words.slice(separator + 1);
  const definitions = { ...command.flags, ...commonFlags };
  if (own.some((word) => word === "-h" || word === "--help")) {
    const { commandHelp } = await import("./help.ts");
    await print(commandHelp(command, paintFor("stdout")));
    return 0;
  }
  try {
    const { _: operands, ...flags } = parseWords(own, definitions, command.foreignFlag);
    if (rest.length > 0 && command.takesRest !== true) {
      throw new UsageError(`nothing can stand after -- here, but "${rest.join(" ")}" does`);
    }
    return await command.run({ flags, operands, rest } as unknown as Invocation<never>);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}\nUsage: hotswap ${command.name} ${command.usage}`);
  }
}

/** One readable message on stderr. The stack is shown on request, and for what is not a mistake of the user's. */
export async function reportError(error: unknown, debug: boolean): Promise<void> {
  const paint = paintFor("stderr");
  const refusal = systemFailure(error);
  const expected = error instanceof HotswapError || error instanceof UsageError || refusal !== undefined;
  const lines = [`${paint.red("error:")} ${paintFrames(refusal ?? describeError(error), paint)}`];
  if (debug || !expected) lines.push(...stacksOf(error).map((stack) => paint.dim(stack)));
  await printError(`${lines.join("\n")}\n`);
}

/** The frames of an error and of what caused it. */
function stacksOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const { cause } = error;
  if (cause === undefined) return [frames.join("\n")];
  return [frames.join("\n"), `caused by: ${describeError(cause)}`, ...stacksOf(cause)];
}
