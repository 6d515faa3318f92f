import type { BuildConfig, Loader } from "bun";
import { HotswapError } from "../errors.ts";
import { didYouMean } from "../suggest.ts";

/** Bun's bundler flags, translated for `Bun.build`. */
export interface BundlerFlags {
  /** What is handed to the bundler besides what every artifact needs. */
  readonly config: Partial<Mutable<BuildConfig>>;
  /** What of the source map the artifact has: where its code comes from, the texts of the sources besides, or nothing. */
  readonly sourceMap: "places" | "texts" | "none";
  /** Whose the packages are: see {@link HostImportsOptions}. */
  readonly packages: "host" | "plugin" | "all-host";
  /** Packages that stay the host's in any case. */
  readonly external: readonly string[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Translation {
  config: Partial<Mutable<BuildConfig>>;
  minify: { whitespace: boolean; syntax: boolean; identifiers: boolean };
  sourceMap: BundlerFlags["sourceMap"];
  packages: BundlerFlags["packages"];
  external: string[];
}

/** A flag without a value; `--flag=false` switches it off again. */
interface Switch {
  readonly kind: "switch";
  readonly apply: (to: Translation, on: boolean) => void;
}

/** A flag with a value; `apply` returns what is wrong with the value. */
interface Setting {
  readonly kind: "setting";
  /** The value that the flag has when it is given without one. */
  readonly alone?: string;
  readonly apply: (to: Translation, value: string) => string | undefined;
}

const loaders: readonly Loader[] = [
  "js",
  "jsx",
  "ts",
  "tsx",
  "json",
  "jsonc",
  "json5",
  "toml",
  "yaml",
  "text",
  "file",
  "napi",
  "wasm",
  "css",
  "html",
] as const satisfies readonly string[] as readonly Loader[];

const flags: Readonly<Record<string, Switch | Setting>> = {
  "--minify": toggle((to, on) => (to.minify = { whitespace: on, syntax: on, identifiers: on })),
  "--minify-whitespace": toggle((to, on) => (to.minify.whitespace = on)),
  "--minify-syntax": toggle((to, on) => (to.minify.syntax = on)),
  "--minify-identifiers": toggle((to, on) => (to.minify.identifiers = on)),
  "--define": setting((to, value) => {
    const [, name, text] = /^([^=:]+)[=:](.*)$/s.exec(value) ?? [];
    if (name === undefined || text === undefined) return "write --define NAME=VALUE";
    to.config.define = { ...to.config.define, [name]: text };
    return undefined;
  }),
  "--drop": setting((to, value) => {
    to.config.drop = [...(to.config.drop ?? []), value];
    return undefined;
  }),
  "--feature": setting((to, value) => {
    to.config.features = [...(to.config.features ?? []), value];
    return undefined;
  }),
  "--external": setting((to, value) => {
    if (/^[./]/.test(value)) {
      return "name a package: files outside the plugin's folder are the host's anyway, and those inside are the plugin's";
    }
    to.external.push(value);
    return undefined;
  }),
  "--packages": setting((to, value) => {
    const packages = oneOf(value, { bundle: "plugin", external: "all-host" } as const);
    if (packages === undefined) return `must be "bundle" or "external", not "${value}"`;
    to.packages = packages;
    return undefined;
  }),
  "--sourcemap": setting((to, value) => {
    if (value === "linked" || value === "external") {
      return `cannot be "${value}": an artifact is one file; use "inline" (with the texts of the sources) or "none"`;
    }
    const sourceMap = oneOf(value, { inline: "texts", true: "texts", none: "none", false: "none" } as const);
    if (sourceMap === undefined) return `must be "inline" or "none", not "${value}"`;
    to.sourceMap = sourceMap;
    return undefined;
  }, "inline"),
  "--conditions": setting((to, value) => {
    to.config.conditions = [...[to.config.conditions ?? []].flat(), ...value.split(",")];
    return undefined;
  }),
  "--env": setting((to, value) => {
    if (value !== "inline" && value !== "disable" && !value.endsWith("*")) {
      return `must be "inline", "disable" or a prefix like "PUBLIC_*", not "${value}"`;
    }
    to.config.env = value as "inline" | "disable" | `${string}*`;
    return undefined;
  }),
  "--loader": setting((to, value) => {
    const [extension, name] = value.split(":");
    const loader = loaders.find((known) => known === name);
    if (extension?.startsWith(".") !== true || loader === undefined) {
      return `write --loader .ext:type, where type is one of ${loaders.join(", ")}`;
    }
    to.config.loader = { ...to.config.loader, [extension]: loader };
    return undefined;
  }),
  "--jsx-factory": jsx("factory"),
  "--jsx-fragment": jsx("fragment"),
  "--jsx-import-source": jsx("importSource"),
  "--jsx-runtime": setting((to, value) => {
    const runtime = oneOf(value, { automatic: "automatic", classic: "classic" } as const);
    if (runtime === undefined) return `must be "automatic" or "classic", not "${value}"`;
    to.config.jsx = { ...to.config.jsx, runtime };
    return undefined;
  }),
  "--jsx-side-effects": toggle((to, on) => (to.config.jsx = { ...to.config.jsx, sideEffects: on })),
  "--banner": setting((to, value) => void (to.config.banner = value)),
  "--footer": setting((to, value) => void (to.config.footer = value)),
  "--check": toggle((to, on) => (to.config.check = on)),
  "--tsconfig-override": setting((to, value) => void (to.config.tsconfig = value)),
  "--ignore-dce-annotations": toggle((to, on) => (to.config.ignoreDCEAnnotations = on)),
  "--emit-dce-annotations": toggle((to, on) => (to.config.emitDCEAnnotations = on)),
  "--reject-unresolved": toggle((to, on) => (to.config.allowUnresolved = on ? [] : ["*"])),
  "--allow-unresolved": setting((to, value) => {
    to.config.allowUnresolved = value.split(",").map((pattern) => (pattern === "<empty>" ? "" : pattern));
    return undefined;
  }),
  "--react-compiler": toggle((to, on) => (to.config.reactCompiler = on)),
};

const shortFlags: Readonly<Record<string, string>> = { "-d": "--define", "-e": "--external", "-l": "--loader" };

const oneFile = "an artifact is one file, which hotswap names and places";
const oneForm = "an artifact is an ES module for Bun, or no host could load it";

/** Flags of Bun's bundler that would make something else than an artifact, with the reason. */
const refusedFlags: Readonly<Record<string, string>> = {
  "--format": oneForm,
  "--target": oneForm,
  "--bytecode": "an artifact is source code, which loads faster in a generation than bytecode",
  "--outdir": oneFile,
  "--outfile": oneFile,
  "--root": oneFile,
  "--public-path": oneFile,
  "--entry-naming": oneFile,
  "--chunk-naming": oneFile,
  "--asset-naming": oneFile,
  "--metafile": oneFile,
  "--splitting": oneFile,
  "--css-chunking": oneFile,
  "--compile":
    "a plugin is not a program; to put plugins into one executable, build with --staticLinking and compile the host",
  "--production": "it would fix NODE_ENV; a plugin goes by the host's; use --minify, or --define",
  "--no-bundle": "that is a flag of hotswap itself: give it before the --",
  "--keep-names": "this version of Bun does not heed it; use --minify-whitespace and --minify-syntax to keep names",
  "--react-fast-refresh": "it is for browsers",
  "--app": "it is for browsers",
  "--watch": "`hotswap build` builds once",
  "--hot": "`hotswap build` builds once",
};

/** How many words a flag of Bun's bundler takes with its value, as it is written; 0 for what is none, or cannot be used. */
export function bundlerFlagWidth(word: string): 0 | 1 | 2 {
  const written = word.replace(/=.*$/s, "");
  const flag = flags[shortFlags[written] ?? written];
  if (flag === undefined) return 0;
  return flag.kind === "setting" && flag.alone === undefined && written === word ? 2 : 1;
}

/** Why a flag of Bun's bundler cannot be used; `undefined` for any other word. */
export function bundlerFlagRefusal(word: string): string | undefined {
  const reason = refusedFlags[word];
  return reason === undefined ? undefined : `${word} cannot be used for an artifact: ${reason}`;
}

/** Translates what stands after `--` on the command line. Throws HOTSWAP_BUILD_FAILED for flags that cannot be used. */
export function translateBundlerFlags(given: readonly string[]): BundlerFlags {
  const to: Translation = {
    config: {},
    minify: { whitespace: false, syntax: false, identifiers: false },
    sourceMap: "places",
    packages: "host",
    external: [],
  };
  const words = [...given];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const equals = word.indexOf("=");
    const written = equals === -1 ? word : word.slice(0, equals);
    const name = shortFlags[written] ?? written;
    const flag = flags[name];
    if (flag === undefined) throw unknownFlag(written);
    let value = equals === -1 ? undefined : word.slice(equals + 1);
    if (flag.kind === "switch") {
      if (value !== undefined && value !== "true" && value !== "false") {
        throw failed(`${written} is switched on or off, and cannot be "${value}"`);
      }
      flag.apply(to, value !== "false");
      continue;
    }
    value ??= flag.alone ?? words.shift();
    if (value === undefined) throw failed(`${written} needs a value`);
    const problem = flag.apply(to, value);
    if (problem !== undefined) throw failed(`${written}: ${problem}`);
  }
  const { config, minify, ...rest } = to;
  return { ...rest, config: { ...config, minify } };
}

function unknownFlag(name: string): HotswapError {
  const refusal = bundlerFlagRefusal(name);
  if (refusal !== undefined) return failed(refusal);
  if (!name.startsWith("-")) return failed(`"${name}" after -- is not a flag; the folders stand before it`);
  return failed(`${name} is not a flag of Bun's bundler${didYouMean(name, Object.keys(flags))}`);
}

function failed(message: string): HotswapError {
  return new HotswapError("HOTSWAP_BUILD_FAILED", message);
}

function toggle(apply: Switch["apply"]): Switch {
  return { kind: "switch", apply };
}

function setting(apply: Setting["apply"], alone?: string): Setting {
  return { kind: "setting", apply, ...(alone === undefined ? {} : { alone }) };
}

function jsx(key: "factory" | "fragment" | "importSource"): Setting {
  return setting((to, value) => void (to.config.jsx = { ...to.config.jsx, [key]: value }));
}

function oneOf<Value>(word: string, values: Readonly<Record<string, Value>>): Value | undefined {
  return Object.hasOwn(values, word) ? values[word] : undefined;
}
