// `bun package/pack.ts before` makes what is published of what is written, `after` takes it away again: prepack and postpack.
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, declare, publishedManifest } from "./published.ts";

const checkout = join(import.meta.dir, "..");
const [dist, types] = [join(checkout, "dist"), join(checkout, "types")];
const [manifest, written] = [join(checkout, "package.json"), join(checkout, "package.json.written")];

clear();
if (process.argv[2] === "before") {
  try {
    await bundle(dist);
    await declare(types);
    const published = JSON.stringify(publishedManifest(), null, 2);
    renameSync(manifest, written);
    writeFileSync(manifest, `${published}\n`);
  } catch (error) {
    clear();
    throw error;
  }
}

/** Takes away what was made. A run that was interrupted left the published manifest in place of the written one. */
function clear(): void {
  for (const folder of [dist, types]) rmSync(folder, { recursive: true, force: true });
  if (existsSync(written)) renameSync(written, manifest);
}
