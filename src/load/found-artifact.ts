import type { Manifest } from "../artifact/manifest.ts";

/** An artifact that was found, verified and not yet loaded. */
export interface FoundArtifact {
  readonly name: string;
  /** Absolute path in the plugin folder. */
  readonly file: string;
  readonly hash: string;
  readonly manifest: Manifest;
  /** It was built in this process: no file has its bytes. */
  readonly isInMemory?: boolean;
  /**
   * Only for a plugin that was built in this process and whose modules are kept apart: it need not be encoded or read.
   */
  readonly built?: BuiltPlugin;
  /**
   * The verified bytes: those that the scan read, or those that the file has now when the scan did not need to read it.
   */
  bytes(): Promise<Uint8Array>;
}

/** Artifacts by plugin name in lower case: names are compared without case (SPEC 3.3). */
export type FoundArtifacts = ReadonlyMap<string, FoundArtifact>;

/** One module of a {@link BuiltPlugin}. */
export interface BuiltModule {
  /** Absolute path of its source. */
  readonly file: string;
  /** See `SectionCode`. The same text as long as the source is the same, so that the engine need not compile it again. */
  readonly text: string;
  /** JSON of a source map from the text to the file; `undefined` when there is none. Made when it is first asked for. */
  sourceMap(): string | undefined;
}

/**
 * A plugin as a builder in the host's own process returns it. It is loaded without encoding, writing or reading an
 * artifact.
 */
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
