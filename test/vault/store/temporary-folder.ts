import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of one's own, deleted when disposed. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** The names of what is in it, sorted. */
  files(): Promise<string[]>;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "hotswap-vault-")));
  return {
    path,
    files: async () => (await readdir(path)).toSorted(),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
