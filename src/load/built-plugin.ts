import type { Manifest } from "../artifact/manifest.ts";
import { encodeArtifact } from "../artifact/encode.ts";
import type { AssetSource } from "./asset.ts";
import type { FoundArtifact } from "./scan.ts";

/** One module of a {@link BuiltPlugin}. */
export interface BuiltModule {
  /** Absolute path of its source. */
  readonly file: string;
  /** See `SectionCode`. The same text as long as the source is the same, so that the engine need not compile it again. */
  readonly text: string;
  /** JSON of a source map from the text to the file; `undefined` when there is none. Made when it is first asked for. */
  sourceMap(): string | undefined;
}

/** A plugin as a builder in the host's own process has it: it is loaded without an artifact being encoded, written or read. */
export interface BuiltPlugin {
  readonly name: string;
  /** Identifies the content as that of an artifact does; 64 hexadecimal digits. */
  readonly hash: string;
  /** With sections. */
  readonly manifest: Manifest;
  /** In the order of the manifest's sections. */
  readonly modules: readonly BuiltModule[];
  /** The bytes of the manifest's assets, in that order. */
  readonly assets: readonly Uint8Array[];
}

/**
 * A plugin that was built in this process, as a scan would find it.
 *
 * @param file names it in messages and in the list of generations
 */
export function builtArtifact(built: BuiltPlugin, file: string): FoundArtifact {
  return {
    name: built.name,
    file,
    hash: built.hash,
    manifest: built.manifest,
    built,
    bytes: async () => encodeBuilt(built),
  };
}

export function builtAssets({ name, manifest, assets }: BuiltPlugin): AssetSource {
  const paths = manifest.assets.map(({ path }) => path);
  return {
    plugin: name,
    paths,
    read: (path) => assets[paths.indexOf(path)] ?? new Uint8Array(),
  };
}

/** The artifact that it would be as a file, without a source map. */
function encodeBuilt({ manifest, modules, assets }: BuiltPlugin): Uint8Array {
  const sections = modules.map(({ text }) => JSON.stringify(text));
  return encodeArtifact({ manifest, prologue: "", code: "", sections, assets, sourceMap: undefined }).bytes;
}
