import type { ArgDef, ArgsDef } from "citty";
import { didYouMean } from "../../src/suggest.ts";
import { type AnyCommand, UsageError } from "./command.ts";

/**
 * Checks the flags on a command line and writes each as `--name=value` or `--name`, in camel case, so that the parser has
 * nothing left to guess. Throws a {@link UsageError}.
 */
export function checkFlags(
  words: readonly string[],
  flags: ArgsDef,
  foreignFlag?: AnyCommand["foreignFlag"],
): string[] {
  const given = new Set<string>();
  const checked: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (!word.startsWith("-") || word === "-") {
      checked.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const written = equals === -1 ? word : word.slice(0, equals);
    let value = equals === -1 ? undefined : word.slice(equals + 1);
    const { name, negated } = findFlag(written, flags) ?? refuse(written, flags, foreignFlag?.(written, words));
    if (given.has(name)) throw new UsageError(`--${name} is given twice`);
    given.add(name);
    if (flags[name]?.type === "boolean") {
      checked.push(booleanFlag(name, written, value, negated));
      continue;
    }
    if (value === undefined) {
      index++;
      value = words[index];
      if (value === undefined || value.startsWith("--")) {
        throw new UsageError(`${written} needs a value (write ${written}=… for one that begins with a dash)`);
      }
    }
    checked.push(`--${name}=${value}`);
  }
  return checked;
}

function booleanFlag(name: string, written: string, value: string | undefined, negated: boolean): string {
  if (value !== undefined && (negated || (value !== "true" && value !== "false"))) {
    throw new UsageError(`${written} is switched on or off, and cannot be "${value}"`);
  }
  return negated || value === "false" ? `--no-${name}` : `--${name}`;
}

function findFlag(written: string, flags: ArgsDef): { name: string; negated: boolean } | undefined {
  const isLong = written.startsWith("--");
  const bare = written.replace(/^--?/, "");
  const wanted = camelCase(bare);
  for (const [name, definition] of Object.entries(flags)) {
    if (isLong ? name === wanted : aliasesOf(definition).includes(bare)) return { name, negated: false };
  }
  const positive = camelCase(bare.replace(/^no-/, ""));
  if (isLong && bare.startsWith("no-") && flags[positive]?.type === "boolean") return { name: positive, negated: true };
  return undefined;
}

function refuse(written: string, flags: ArgsDef, foreign: string | undefined): never {
  if (foreign !== undefined) throw new UsageError(foreign);
  const isLong = written.startsWith("--");
  const bare = written.replace(/^--?/, "");
  const spell = bare.includes("-") ? kebabCase : (name: string) => name;
  const known = Object.keys(flags).map((name) => `--${spell(name)}`);
  throw new UsageError(`unknown flag ${written}${didYouMean(isLong ? written : `-${written}`, known)}`);
}

/** One-letter names of a flag. */
export function aliasesOf(definition: ArgDef): readonly string[] {
  return "alias" in definition && definition.alias !== undefined ? [definition.alias].flat() : [];
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `leave-temps` for `leaveTemps`. */
export function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
