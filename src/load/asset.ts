import { AsyncLocalStorage } from "node:async_hooks";
import { HotswapError } from "../errors.ts";
import { didYouMean } from "../suggest.ts";

/** A file that was carried along by `hotswap build --include`. */
export interface Asset {
  /** Path relative to the plugin's folder, with forward slashes. */
  readonly path: string;
  /** The content of the file. */
  bytes(): Uint8Array;
  /** The content as UTF-8. */
  text(): string;
  /**
   * The content, parsed as JSON.
   *
   * @throws SyntaxError when it is not JSON.
   */
  json(): unknown;
}

/** Where the files of one generation come from. */
export interface AssetSource {
  readonly plugin: string;
  readonly paths: readonly string[];
  read(path: string): Uint8Array;
}

/** Whose code is running, for plugins that are linked statically and share the host's `asset`. */
const staticSource = new AsyncLocalStorage<AssetSource>();

/**
 * A file that belongs to the calling plugin, by its path relative to the plugin's folder.
 *
 * @throws HotswapError `HOTSWAP_UNKNOWN_SYMBOL` when the file was not included, or when the caller is not a plugin.
 * @example
 *     const motd = asset("texts/motd.txt").text();
 */
export function asset(path: string): Asset {
  const source = staticSource.getStore();
  if (source === undefined) {
    throw new HotswapError(
      "HOTSWAP_UNKNOWN_SYMBOL",
      `asset("${path}") was called outside a plugin: call it in a hook or a function of the plugin that carries the file`,
    );
  }
  return assetOf(source, path);
}

/** Runs `fn` as code of a statically linked plugin. @internal */
export function runWithAssets<Params extends unknown[], Result>(
  source: AssetSource,
  fn: (...params: Params) => Result,
  ...params: Params
): Result {
  return staticSource.run(source, fn, ...params);
}

/** {@link asset} for the plugin that `source` belongs to. @internal */
export function assetOf(source: AssetSource, path: string): Asset {
  if (!source.paths.includes(path)) {
    throw new HotswapError(
      "HOTSWAP_UNKNOWN_SYMBOL",
      `"${source.plugin}" carries no file "${path}"${didYouMean(path, source.paths)}: build it with --include`,
      { plugin: source.plugin },
    );
  }
  return {
    path,
    bytes: () => source.read(path),
    text: () => new TextDecoder().decode(source.read(path)),
    json: () => JSON.parse(new TextDecoder().decode(source.read(path))) as unknown,
  };
}
