import { closeSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HEADER_SIZE } from "./layout.ts";
import { ARTIFACT_EXTENSION } from "./manifest.ts";

/** The file that holds the artifact of plugin `name` in the folder `dir`. */
export function artifactFile(dir: string, name: string): string {
  return join(dir, name + ARTIFACT_EXTENSION);
}

/** The artifact `bytes` is there already: `file` holds the same bytes. */
export function isPublished(file: string, bytes: Uint8Array): boolean {
  if (statSync(file, { throwIfNoEntry: false })?.size !== bytes.length) return false;
  // Another hash in the header means another content: the rest need not be read.
  return beginning(file, HEADER_SIZE).equals(bytes.subarray(0, HEADER_SIZE)) && readFileSync(file).equals(bytes);
}

function beginning(file: string, size: number): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes an artifact so that a reader sees the old file or the new one, whole: the bytes go to a file of another name
 * in the same folder (hidden, so that no host takes it for an artifact), which is then renamed. Nothing is left behind
 * when that fails. It is synchronous so that no signal handler runs between the two steps.
 *
 * @returns the artifact's file
 */
export function publishArtifact(dir: string, name: string, bytes: Uint8Array): string {
  const file = artifactFile(dir, name);
  const temporary = join(dir, `.${name}.${process.pid}-${crypto.randomUUID()}.tmp`);
  try {
    writeFileSync(temporary, bytes, { flag: "wx" });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return file;
}
