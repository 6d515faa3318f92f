import { basename, dirname } from "node:path";
import { isInspected } from "../../load/source-maps.ts";
import type { FilledOptions } from "../options.ts";
import type { SourceFile } from "../read/syntax/source-file.ts";
import type { CompilerSettings } from "./compiler-settings.ts";

/** What Bun's transpiler calls an anonymous function that is exported by default; `bun run` calls it after the file. */
const UNNAMED = "input_default";

/** What the transpiler says of where a module lies, of which it knows nothing: of one name, or of both. */
const PLACE = /^var (?:__dirname = ""|__filename = "input\.[jt]sx?"|__dirname = "", __filename = "input\.[jt]sx?");$/m;

const places: Readonly<Record<string, string>> = { __dirname: "import.meta.dir", __filename: "import.meta.path" };

/** By options, ending and settings: making a transpiler takes longer than printing a small module. */
const transpilers = new WeakMap<FilledOptions, Map<string, Bun.Transpiler>>();

/**
 * A module as JavaScript, printed as `bun run` prints it before it runs it: functions have the same texts, and classes and
 * functions the same names. Throws what Bun's transpiler throws.
 */
export function printModule(options: FilledOptions, { path, text }: SourceFile, settings: CompilerSettings): string {
  const printed = transpilerOf(options, path, settings).transformSync(text);
  const placed = printed.replace(PLACE, (statement) =>
    statement.replaceAll(/(__\w+) = "[^"]*"/g, (_, name: string) => `${name} = ${places[name]}`),
  );
  return placed.includes(UNNAMED) && !text.includes(UNNAMED) ? placed.replaceAll(UNNAMED, defaultName(path)) : placed;
}

function transpilerOf(options: FilledOptions, path: string, settings: CompilerSettings): Bun.Transpiler {
  const known = transpilers.get(options) ?? new Map<string, Bun.Transpiler>();
  transpilers.set(options, known);
  const loader = loaderOf(path);
  const key = loader + settings;
  const { define } = options.bundler.config;
  const transpiler =
    known.get(key) ??
    new Bun.Transpiler({
      loader,
      target: "bun",
      autoImportJSX: true,
      inline: true,
      // Under `bun --inspect` no statement is merged with another.
      deadCodeElimination: !isInspected(),
      // What is only imported as a type is not there when it runs.
      trimUnusedImports: loader !== "jsx",
      // Otherwise it is what it is when the build runs.
      define: { "process.env.NODE_ENV": "process.env.NODE_ENV", ...define },
      tsconfig: { compilerOptions: { jsx: "react-jsx", ...(JSON.parse(settings) as object) } },
    });
  known.set(key, transpiler);
  return transpiler;
}

/** What Bun takes a file of code for. */
export function loaderOf(path: string): Bun.JavaScriptLoader {
  if (path.endsWith(".tsx")) return "tsx";
  return /\.[mc]?ts$/.test(path) ? "ts" : "jsx";
}

/** As Bun names it: after the file, or the folder of an `index` file. */
function defaultName(path: string): string {
  const base = basename(path).replace(/\.[^.]*$/, "");
  const name = (base === "index" ? basename(dirname(path)) : base).replaceAll(/[^A-Za-z0-9_$]+/g, "_");
  return `${/^\d/.test(name) ? "_" : ""}${name}_default`;
}
