import { existsSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { basename, dirname, join } from "node:path";
import type { CarriedModules, ModuleContext, OwnModules } from "../artifact/manifest.ts";
import { HotswapError } from "../errors.ts";
import { candidatesOf, isInside, isPath, pathOf, requireNoInstall, resolveImport } from "./resolve.ts";

type Namespace = Record<string, unknown>;

/** The package's own name: what plugins import to define themselves. */
export const OWN_PACKAGE = "hotswap";

/** Where a module of a plugin stands, and its ways to what is not the plugin's. */
export interface ContextOptions {
  readonly plugin: string;
  /** Absolute path of the plugin's folder. */
  readonly folder: string;
  /** Absolute path of the module's source file. */
  readonly file: string;
  /** What the plugin itself has for a specifier. */
  readonly carried?: CarriedModules | undefined;
  /** `import()` of the artifact's code, for what is not a file. */
  importNatively(specifier: string): Promise<Namespace>;
  /** A module of the host, of Bun or of hotswap; `path` is what {@link resolveImport} found. */
  importHost(specifier: string, path: string, type: string | undefined): Promise<Namespace>;
  /** `require()` of the module `file`, in the host. */
  requireHost(specifier: string, file: string): unknown;
}

/** What the code of a module has in place of its own `import.meta`, `require` and `import()`: they mean the source file. */
export function createContext(options: ContextOptions): ModuleContext {
  const { file } = options;
  const resolveSync = (specifier: string, parent = file): string =>
    resolveImport(String(specifier), pathOf(parent, "/"));
  const require = createRequireOf(options);
  return {
    require,
    meta: Object.assign(Object.create(null) as object, {
      dir: dirname(file),
      dirname: dirname(file),
      file: basename(file),
      path: file,
      filename: file,
      url: Bun.pathToFileURL(file).href,
      // Only the artifact can be what a process was started with.
      main: false,
      env: process.env,
      require,
      resolveSync,
      resolve: (specifier: string, parent = file) => resolveUrl(String(specifier), pathOf(parent, "/")),
    }),
    async import(specifier, importOptions, own) {
      return importFrom(options, String(specifier), importOptions, own);
    },
  };
}

/** `require` of a module, without what belongs to the process: it has no `main`. */
export function createRequireOf({
  file,
  plugin,
  folder,
  requireHost,
  carried: find,
}: Omit<ContextOptions, "importNatively">): ModuleContext["require"] {
  const require = (specifier: string, own?: OwnModules): unknown => {
    const carried = carriedModule(specifier, file, own) ?? find?.(specifier, "require", undefined);
    if (carried !== undefined) return carried();
    if (isOwn(specifier, file, folder)) requireExisting("requires", specifier, { plugin, file, folder });
    return requireHost(specifier, file);
  };
  const resolve = (specifier: string): string => {
    requireNoInstall(specifier, file);
    return createRequire(file).resolve(specifier);
  };
  return Object.assign(require, { resolve });
}

async function importFrom(
  { plugin, folder, file, importNatively, importHost, carried: find }: ContextOptions,
  specifier: string,
  options: unknown,
  own: OwnModules | undefined,
): Promise<unknown> {
  const type = attributeType(options);
  const carried = carriedModule(specifier, file, own) ?? find?.(specifier, "import", type);
  if (carried !== undefined) return carried();
  if (isOwn(specifier, file, folder)) requireExisting("imports", specifier, { plugin, file, folder });
  if (specifier === OWN_PACKAGE) return importHost(specifier, specifier, undefined);
  if (/^(?:data|blob):/.test(specifier)) return importNatively(specifier);
  const path = resolveImport(specifier, file);
  if (isInside(path, folder)) throw notCarried("imports", specifier, { plugin, file });
  return importHost(specifier, path, type);
}

/** What the artifact carries for a path, which may leave out the ending. */
function carriedModule(specifier: string, file: string, own: OwnModules = {}): (() => unknown) | undefined {
  if (!isPath(specifier)) return undefined;
  const from = dirname(file);
  const modules = new Map(Object.entries(own).map(([path, load]) => [join(from, path), load]));
  const path = candidatesOf(pathOf(withoutQuery(specifier), from)).find((candidate) => modules.has(candidate));
  return path === undefined ? undefined : modules.get(path);
}

/** A path in the plugin's folder, whether there is such a file or not. */
function isOwn(specifier: string, file: string, folder: string): boolean {
  return isPath(specifier) && isInside(pathOf(withoutQuery(specifier), dirname(file)), folder);
}

/** Throws for a file of the plugin that exists but is not in the artifact. Bun reports one that does not exist. */
function requireExisting(
  does: string,
  specifier: string,
  { plugin, file, folder }: Pick<ContextOptions, "plugin" | "file" | "folder">,
): void {
  const path = pathOf(withoutQuery(specifier), dirname(file));
  const isThere = candidatesOf(path).some((candidate) => existsSync(candidate));
  if (isThere || !existsSync(folder)) throw notCarried(does, specifier, { plugin, file });
}

function withoutQuery(specifier: string): string {
  return specifier.replace(/\?.*$/s, "");
}

function notCarried(
  does: string,
  specifier: string,
  { plugin, file }: Pick<ContextOptions, "plugin" | "file">,
): HotswapError {
  return new HotswapError(
    "HOTSWAP_INVALID_IMPORT",
    `${plugin} ${does} "${specifier}" in ${file}, a file of its own folder that its artifact does not carry: name the folder and the ending in the import, as in import(\`./commands/\${name}.ts\`), and rebuild it; what is not a module comes along with --include and is read with asset()`,
    { plugin },
  );
}

/** Like Bun's, without a look whether there is such a file. */
function resolveUrl(specifier: string, file: string): string {
  if (isBuiltin(specifier)) return specifier;
  if (/^(?:data|blob|https?):/.test(specifier)) return specifier;
  return Bun.pathToFileURL(isPath(specifier) ? pathOf(specifier, dirname(file)) : resolveImport(specifier, file)).href;
}

function attributeType(options: unknown): string | undefined {
  const attributes = (options as { with?: { type?: unknown } } | null | undefined)?.with;
  return attributes?.type === undefined ? undefined : String(attributes.type);
}
