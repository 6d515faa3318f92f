import { mkdirSync } from "node:fs";
import { encodeArtifact } from "../artifact/encode.ts";
import { LIVE_EXPORT, type Manifest } from "../artifact/manifest.ts";
import { publishArtifact } from "../artifact/publish.ts";
import { bundle } from "./bundle/bundle.ts";
import { type BuildOptions, fillOptions } from "./options.ts";

/** What a build made. */
export interface BuildResult {
  /** The plugin's name: the base name of its folder. */
  readonly name: string;
  /** Absolute path of the artifact. */
  readonly file: string;
  /** SHA-256 of the artifact's content, 64 hexadecimal digits. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
  readonly manifest: Manifest;
}

/** Builds a plugin's folder into one artifact. Throws a BuildError (HOTSWAP_BUILD_FAILED). */
export async function build(options: BuildOptions): Promise<BuildResult> {
  const filled = fillOptions(options);
  const entry = `export * from "./index.ts";\nexport { default } from "./index.ts";\nexport const ${LIVE_EXPORT} = { funcs: {}, types: {} };\n`;
  const { code, prologue, hostModules, sourceMap } = await bundle(filled, entry);
  const manifest: Manifest = { name: filled.name, hostModules, liveFuncs: {}, liveTypes: {}, assets: [] };
  const { bytes, hash } = encodeArtifact({ manifest, prologue, code, assets: [], sourceMap });
  mkdirSync(filled.outputDir, { recursive: true });
  const file = publishArtifact(filled.outputDir, filled.name, bytes);
  return { name: filled.name, file, hash, size: bytes.length, manifest };
}
