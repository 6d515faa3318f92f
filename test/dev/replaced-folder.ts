// Run by start.test.ts in a process of its own, so that it happens in the middle of whatever the host does: renames a folder
// after `renameAfter` ms, and makes another one in its place after `makeAfter` more.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What is to be done. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
  readonly renameAfter: number;
  readonly makeAfter: number;
  /** What lies in the new folder, by name. */
  readonly files: Readonly<Record<string, string>>;
}

process.on("message", ({ from, to, renameAfter, makeAfter, files }: Replacement) => {
  Bun.sleepSync(renameAfter);
  renameSync(from, to);
  Bun.sleepSync(makeAfter);
  mkdirSync(from);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(from, name), text);
  process.send?.("done");
});
