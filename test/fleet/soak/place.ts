import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, startPostgres, startRedis } from "../engines/engine.ts";

export type StoreKind = "sqlite" | "postgres" | "redis";

/** Where a soak's store lies, and what can be done to it. */
export interface Place extends AsyncDisposable {
  /** As `fleetStore()` takes it. */
  readonly store: string;
  /** Ends the server as a crash would, and starts it again. `undefined`: there is no server. */
  readonly restart: (() => Promise<void>) | undefined;
  /** Takes all of the disk that the store lies on, for a while. `undefined`: it has no disk of its own here. */
  readonly fillDisk: ((ms: number) => Promise<void>) | undefined;
}

/** Sizes of the disks of stores, in MB. */
const DISK = { sqlite: 24, postgres: 220, redis: 48 } as const;

/** A store on a disk of its own, where the machine lets us mount one in memory. */
export async function place(kind: StoreKind): Promise<Place> {
  const disposables = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "hotswap-soak-"));
  disposables.defer(() => rm(folder, { recursive: true, force: true }));
  // PostgreSQL does not run as root, and must come through to its folder.
  await chmod(folder, 0o755);
  const size = `size=${DISK[kind]}m,mode=755`;
  const isMounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", size, "none", folder]).success;
  if (isMounted) disposables.defer(() => void Bun.spawnSync(["umount", "-l", folder]));
  const engine = await start(kind, folder);
  if (engine !== undefined) disposables.use(engine);
  return {
    store: engine?.url ?? join(folder, "fleet.db"),
    restart: engine === undefined ? undefined : () => engine.restart(),
    fillDisk: isMounted ? (ms) => fill(folder, ms, engine) : undefined,
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  };
}

async function start(kind: StoreKind, folder: string): Promise<Engine | undefined> {
  if (kind === "sqlite") return undefined;
  return kind === "postgres" ? startPostgres(folder) : startRedis(folder);
}

async function fill(folder: string, ms: number, engine: Engine | undefined): Promise<void> {
  const file = join(folder, "filler");
  Bun.spawnSync(["dd", "if=/dev/zero", `of=${file}`, "bs=64k"], { stderr: "ignore" });
  await Bun.sleep(ms);
  await rm(file, { force: true });
  await writeFile(join(folder, "probe"), "there is room again");
  // A server that cannot write its log ends; whoever runs it starts it again.
  if (engine !== undefined) await engine.restart();
}
