import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { sqliteStore } from "../../../src/vault/store/sqlite-store.ts";
import { checkFile, commandOf, crashBag, crashJobs, linesOf, start, startChild } from "./kill.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";

test("7.4 a process killed at any moment loses no update that flush() confirmed", async () => {
  await using folder = await temporaryFolder();
  expect(await crashBag(join(folder.path, "bag.db"), 10)).toBeGreaterThan(0);
}, 60_000);

test("8.5 a process killed at any moment loses no job that flush() confirmed", async () => {
  await using folder = await temporaryFolder();
  expect(await crashJobs(join(folder.path, "jobs.db"), 10)).toBeGreaterThan(0);
}, 60_000);

test("7.4 a second process on the same file gets one clear error, and the first is not disturbed", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "bag.db");
  await using first = startChild("bag-child.ts", "hold", file);
  const firstLines = linesOf(first);
  expect((await firstLines.next()).value).toBe("open");

  await using second = startChild("bag-child.ts", "count", file);
  const lines = await Array.fromAsync(linesOf(second));
  expect(lines).toEqual([`HOTSWAP_STORE_FAILED the store ${file} is in use by another process or owner`]);
  expect(await second.exited).toBe(1);

  await first.stdin.end();
  expect(await first.exited).toBe(0);
}, 20_000);

/** Runs what follows it with files limited to 300 KB, in 512-byte blocks; a write beyond that fails. */
const withSmallFiles = ["sh", "-c", 'trap "" XFSZ; ulimit -f 600; exec "$@"', "sh"];
/** Runs what follows it with a disk of 500 KB at $1. */
const withSmallDisk = [
  "unshare",
  "--mount",
  "sh",
  "-c",
  'mount -t tmpfs -o size=500k tmpfs "$1" && shift && exec "$@"',
  "sh",
];
/** The superuser may write anywhere, so the child must be somebody else. */
const asNobody = process.getuid?.() === 0 ? ["setpriv", "--reuid", "65534", "--clear-groups"] : [];

function works(command: string[]): boolean {
  return Bun.which(command[0] ?? "true") !== null && Bun.spawnSync(command).success;
}

const canMount = works([...withSmallDisk.slice(0, 2), "sh", "-c", "mount -t tmpfs tmpfs /mnt"]);
const canBeNobody =
  works([...asNobody, process.execPath, "--version"]) && works([...asNobody, "test", "-r", import.meta.path]);

test("7.4 a write that the file system refuses is one clear error, and what was confirmed before is kept", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "bag.db");
  await using child = start([...withSmallFiles, ...commandOf("bag-child.ts", "fill", file)]);
  const lines = await Array.fromAsync(linesOf(child));
  expect(lines.pop()).toMatch(/^HOTSWAP_STORE_FAILED the store .*bag\.db (failed|could not be written): /);
  await child.exited;

  checkFile(file);
  const store = sqliteStore(file);
  const keys = (await Array.fromAsync(store.load())).map(({ key }) => key);
  await store.close();
  expect(keys).toEqual(expect.arrayContaining(lines.map((number) => `filler ${number}`)));
  expect(lines.length).toBeGreaterThan(2);
}, 20_000);

test.skipIf(!canMount)(
  "7.4 a full disk is one clear error",
  async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "bag.db");
    await using child = start([...withSmallDisk, folder.path, ...commandOf("bag-child.ts", "fill", file)]);
    const lines = await Array.fromAsync(linesOf(child));
    expect(lines.at(-1)).toBe(`HOTSWAP_STORE_FAILED the store ${file} could not be written: the disk is full`);
    expect(lines.length).toBeGreaterThan(2);
  },
  20_000,
);

test.skipIf(!canBeNobody)(
  "7.4 a folder, or a file, that may only be read is one clear error",
  async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "bag.db");
    const store = sqliteStore(file);
    await Array.fromAsync(store.load());
    await store.close();
    const attempt = async (): Promise<string[]> => {
      await using child = start([...asNobody, ...commandOf("bag-child.ts", "count", file)]);
      return await Array.fromAsync(linesOf(child));
    };
    await chmod(folder.path, 0o555);
    await chmod(file, 0o444);
    expect(await attempt()).toEqual([
      expect.stringMatching(/^HOTSWAP_STORE_FAILED the store .* cannot be written: .*check the folder/),
    ]);
    await chmod(folder.path, 0o777);
    await chmod(`${file}-lock`, 0o666);
    expect(await attempt()).toEqual([
      expect.stringMatching(/^HOTSWAP_STORE_FAILED the store .* cannot be written: .*check the folder/),
    ]);
    await chmod(folder.path, 0o755);
  },
  20_000,
);
