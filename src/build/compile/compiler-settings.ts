import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { resolveImport } from "../../load/resolve.ts";

/** What a project sets for its TypeScript and JSX, as far as it changes what the code does: JSON, so that it can be compared. */
export type CompilerSettings = string;

type Options = Readonly<Record<string, unknown>>;

/** Bun ignores all others when it runs a file, such as `verbatimModuleSyntax`. */
const heeded = new Set([
  "jsx",
  "jsxFactory",
  "jsxFragmentFactory",
  "jsxImportSource",
  "experimentalDecorators",
  "emitDecoratorMetadata",
  "useDefineForClassFields",
]);

const none: Options = {};

/** The settings of folders, as they are in the files `tsconfig.json` and what these extend. */
export class SettingsFiles {
  readonly #folders = new Map<string, CompilerSettings>();

  /** Of the nearest `tsconfig.json`, from `folder` upwards. A file that cannot be read sets nothing: the bundler reports it. */
  of(folder: string): CompilerSettings {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const file = join(folder, "tsconfig.json");
    const parent = dirname(folder);
    const found = existsSync(file)
      ? JSON.stringify(this.#read(file, new Set()))
      : parent === folder
        ? "{}"
        : this.of(parent);
    this.#folders.set(folder, found);
    return found;
  }

  #read(file: string, seen: Set<string>): Options {
    if (seen.has(file)) return none;
    seen.add(file);
    const config = parse(file);
    if (config === undefined) return none;
    const inherited = basesOf(config, file).map((base) => this.#read(base, seen));
    const own = isObject(config["compilerOptions"]) ? config["compilerOptions"] : {};
    const kept = Object.entries(own).filter(([name]) => heeded.has(name));
    return Object.assign({}, ...inherited, Object.fromEntries(kept)) as Options;
  }
}

/** The files that a `tsconfig.json` extends, as it names them. */
export function tsconfigBases(file: string): string[] {
  const config = parse(file);
  return config === undefined ? [] : basesOf(config, file);
}

function basesOf(config: Readonly<Record<string, unknown>>, file: string): string[] {
  const bases = [config["extends"] ?? []].flat().filter((base) => typeof base === "string");
  return bases.map((base) => resolveBase(base, dirname(file)));
}

function parse(file: string): Record<string, unknown> | undefined {
  try {
    const config: unknown = Bun.JSONC.parse(readFileSync(file, "utf8"));
    return isObject(config) ? config : undefined;
  } catch {
    return undefined;
  }
}

function resolveBase(base: string, from: string): string {
  if (base.startsWith(".") || base.startsWith("/")) {
    const path = join(base.startsWith("/") ? "/" : from, base);
    return path.endsWith(".json") || !existsSync(`${path}.json`) ? path : `${path}.json`;
  }
  try {
    return resolveImport(base, join(from, "tsconfig.json"));
  } catch {
    return join(from, "node_modules", base, "tsconfig.json");
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
