import { readdirSync } from "node:fs";
import { type Command as Completed, type OptionHandler, RootCommand } from "@bomb.sh/tab";
import type { ArgDef, ArgsDef } from "citty";
import { aliasesOf, kebabCase } from "../frame/check-flags.ts";
import { type CommandTable, commonFlags } from "../frame/command.ts";

type Offer = Parameters<OptionHandler>[0];

/** Hints of values that are no paths. */
const NO_PATHS: ReadonlySet<string | undefined> = new Set(["RE", "P", "N", "WHEN", "TIME", "FLAGS", undefined]);

/** Paths that are offered at the most. */
const MOST_PATHS = 500;

/**
 * Prints what may stand in the place of the last word, for the shells' scripts. `words` are those after `hotswap`, up to the
 * cursor. Of the commands, only the named one is loaded.
 */
export async function complete(commands: CommandTable, words: readonly string[]): Promise<void> {
  const [name = ""] = words;
  const typed = words.at(-1) ?? "";
  const root = new RootCommand();
  root.option("help", "List the commands", "h");
  root.option("version", "Print the versions of hotswap and of Bun", "v");
  for (const [each, { summary }] of Object.entries(commands)) root.command(each, summary);
  root.command("help", "Show the help of a command").argument("command", (offer) => {
    for (const [each, { summary }] of Object.entries(commands)) offer(each, summary);
  });
  const named = root.commands.get(name);
  if (named !== undefined && words.length > 1) await describe(named, commands, typed);
  // After -- the words are another program's: what is a flag there is not known.
  root.parse(words.slice(0, -1).includes("--") ? [name, typed.replace(/^-+/, "")] : [...words]);
}

async function describe(named: Completed, commands: CommandTable, typed: string): Promise<void> {
  if (!Object.hasOwn(commands, named.value)) return;
  const command = await commands[named.value]?.load();
  if (command === undefined) return;
  const flags: ArgsDef = { ...command.flags, ...commonFlags };
  for (const [name, definition] of Object.entries(flags)) {
    const [alias] = aliasesOf(definition);
    const meaning = definition.description ?? "";
    if (definition.type === "string") named.option(kebabCase(name), meaning, valuesOf(definition, typed), alias);
    else named.option(kebabCase(name), meaning, alias);
  }
  const { choices } = command;
  if (choices === undefined) named.argument("path", (offer) => offerPaths(offer, typed), true);
  else named.argument("choice", (offer) => choices.forEach((choice) => offer(choice, "")));
}

function valuesOf(definition: ArgDef, typed: string): OptionHandler {
  const hint = "valueHint" in definition ? definition.valueHint : undefined;
  return (offer) => {
    if (!NO_PATHS.has(hint)) offerPaths(offer, typed.replace(/^--[^=]*=/, ""));
  };
}

/**
 * Offers files and folders that begin as what was typed, and what is in those folders: a folder alone would be taken for the
 * end of the word.
 */
function offerPaths(offer: Offer, typed: string): void {
  const folder = typed.slice(0, typed.lastIndexOf("/") + 1);
  let left = MOST_PATHS;
  const visit = (from: string, depth: number): void => {
    for (const entry of entriesOf(from)) {
      const path = from + entry.name;
      if (!path.startsWith(typed) || (entry.name.startsWith(".") && typed === from)) continue;
      if (left-- <= 0) return;
      offer(path, "");
      if (entry.isDirectory() && entry.name !== "node_modules" && depth > 1) visit(`${path}/`, depth - 1);
    }
  };
  visit(folder, 2);
}

function entriesOf(folder: string): Pick<import("node:fs").Dirent, "name" | "isDirectory">[] {
  try {
    return readdirSync(folder === "" ? "." : folder, { withFileTypes: true });
  } catch {
    // Nothing can be meant in a folder that is not there or may not be read.
    return [];
  }
}
