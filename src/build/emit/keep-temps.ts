import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Manifest } from "../../artifact/manifest.ts";

/** What there was on the way to an artifact. */
export interface Intermediate {
  /** What the bundler began with. */
  readonly entry: string;
  /** What it made of it. */
  readonly bundle: string;
  readonly manifest: Manifest;
}

/** Writes the intermediate files of a build into a new folder, and returns where that is. */
export function keepTemps(name: string, { entry, bundle, manifest }: Intermediate): string {
  const dir = mkdtempSync(join(tmpdir(), `hotswap-build-${name}-`));
  writeFileSync(join(dir, "entry.ts"), entry);
  writeFileSync(join(dir, "bundle.js"), bundle);
  writeFileSync(join(dir, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return dir;
}
