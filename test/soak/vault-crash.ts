/** `bun run soak:vault [rounds]`: the crash tests of the vault at full length, 200 rounds unless given. */
import { join } from "node:path";
import { crashBag, crashJobs } from "../vault/crash/kill.ts";
import { temporaryFolder } from "../vault/store/temporary-folder.ts";

const rounds = Number(process.argv[2] ?? 200);
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error("usage: bun run soak:vault [rounds]");

await using folder = await temporaryFolder();
const updates = await crashBag(join(folder.path, "bag.db"), rounds);
console.log(`data bag: killed ${rounds} times over ${updates} updates, none confirmed was lost, the file is intact`);

const jobs = await crashJobs(join(folder.path, "jobs.db"), rounds);
console.log(`job queue: killed ${rounds} times over ${jobs} confirmed jobs, every one of them ran`);
