import { createRequire } from "node:module";
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { runInHost } from "./graph.ts";

/** What stands for `import.meta` in a module whose code is not where its source is. */
export interface SourceContext {
  readonly url: string;
  readonly path: string;
  readonly filename: string;
  readonly dir: string;
  readonly dirname: string;
  readonly file: string;
  readonly main: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly require: (specifier: string) => unknown;
  resolve(specifier: string): string;
  resolveSync(specifier: string, parent?: string): string;
  /** `import()` of what is not the plugin's. */
  importFile(specifier: string, options?: unknown): Promise<unknown>;
}

/** @param own what the plugin itself has for a specifier */
export function sourceContext(
  path: string,
  own: (specifier: string) => { readonly exports: unknown } | undefined,
): SourceContext {
  const url = pathToFileURL(path).href;
  const dir = dirname(path);
  const hostRequire = createRequire(path);
  const require = (specifier: string): unknown => {
    const found = own(specifier);
    return found === undefined ? runInHost(() => hostRequire(specifier) as unknown) : found.exports;
  };
  const resolveSync = (specifier: string, parent = dir): string => Bun.resolveSync(specifier, parent);
  const meta = {
    url,
    path,
    filename: path,
    dir,
    dirname: dir,
    file: basename(path),
    main: false,
    env: process.env,
    require: Object.assign(require, { resolve: (specifier: string) => hostRequire.resolve(specifier) }),
    resolve: (specifier: string) => {
      const found = resolveSync(specifier);
      return found.startsWith("/") ? pathToFileURL(found).href : found;
    },
    resolveSync,
  };
  return Object.defineProperty(meta, "importFile", {
    value: (specifier: string, options?: ImportCallOptions) =>
      runInHost(async () => import(/^[a-z]+:/.test(specifier) ? specifier : resolveSync(specifier), options)),
  }) as unknown as SourceContext;
}
