import { encodeArtifact } from "../artifact/encode.ts";
import type { AssetSource } from "./asset.ts";
import type { BuiltPlugin, FoundArtifact } from "./found-artifact.ts";

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
    isInMemory: true,
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
