import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ARTIFACT_EXTENSION } from "../artifact/manifest.ts";
import { artifactFile } from "../artifact/publish.ts";
import { readArtifactNow } from "../artifact/read-artifact.ts";

/** An artifact that hotswap made of a folder that is there no longer. */
export interface StaleArtifact {
  readonly name: string;
  /** Absolute path of the artifact. */
  readonly file: string;
  /** Where the plugin's folder was. */
  readonly dir: string;
}

/**
 * The artifacts in a folder whose plugins' folders are gone from the project. Everything else in the folder is ignored.
 */
export function staleArtifacts(outputDir: string, root: string): StaleArtifact[] {
  if (!existsSync(outputDir)) return [];
  return readdirSync(outputDir)
    .filter((file) => file.endsWith(ARTIFACT_EXTENSION) && !file.startsWith("."))
    .flatMap((file) => {
      const stale = staleArtifact(join(outputDir, file), root);
      return stale === undefined || artifactFile("", stale.name) !== file ? [] : [stale];
    });
}

/** Removes the artifact of a plugin whose folder is gone, if there is one, and hotswap made it. Returns whether it did. */
export function removeStaleArtifact(outputDir: string, name: string, root: string): boolean {
  const file = artifactFile(outputDir, name);
  if (staleArtifact(file, root)?.name !== name) return false;
  rmSync(file);
  return true;
}

function staleArtifact(file: string, root: string): StaleArtifact | undefined {
  const manifest = readArtifactNow(file)?.manifest;
  if (manifest === undefined || manifest.folder === "") return undefined;
  const dir = join(root, manifest.folder);
  return existsSync(dir) ? undefined : { name: manifest.name, file, dir };
}
