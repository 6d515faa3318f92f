// bun fetch-together.ts <store> <folder> <processes>: fetches the newest release into one folder after another, each at the same
// moment as the other processes do. Prints what failed.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Fleet, sqliteFleet } from "hotswap/fleet";
import { ReleaseFolder } from "../../../src/fleet/member/release-folder.ts";

const ROUNDS = 150;

const [place = "", folder = "", processes = ""] = process.argv.slice(2);
await using store = sqliteFleet(place);
await store.open();
const release = (await new Fleet(store, "chat").releases()).at(-1);
if (release === undefined) throw new Error("nothing was published");
for (let round = 0; round < ROUNDS; round++) {
  const host = join(folder, String(round));
  const waiting = join(host, "waiting");
  mkdirSync(waiting, { recursive: true });
  writeFileSync(join(waiting, String(process.pid)), "");
  while (readdirSync(waiting).length < Number(processes)) await new Promise((resolve) => setImmediate(resolve));
  await new ReleaseFolder(host).fetch(store, "chat", release).catch((error: Error) => console.log(error.message));
}
