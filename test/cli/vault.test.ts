import { expect, test } from "bun:test";
import { sqliteStore } from "../../src/vault/store/sqlite-store.ts";
import { createProject, type Project } from "../support/project.ts";
import { hotswap } from "./run-cli.ts";

/** A project with the store of a data bag. */
async function projectWithStore(): Promise<Project> {
  const project = await createProject({ "notes.txt": "x".repeat(200) });
  const store = sqliteStore(project.path("bag.db"));
  await Array.fromAsync(store.load());
  await store.write([
    ["players", `{"version":2,"types":[["Live_Player",3]]}\n[["map","bob",[1]],["live","Live_Player",3,{"hp":5}]]`],
    ["count", "\n5"],
    ["two\nlines", `\n"x"`],
  ]);
  await store.close();
  return project;
}

test("hotswap vault lists keys with sizes and versions", async () => {
  await using project = await projectWithStore();
  expect(await hotswap(project, "vault", "bag.db")).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: expect.stringMatching(
      /^key +bytes +version +content\ncount +2 +1\nplayers +95 +2 +Live_Player 3\n"two\\nlines" +4 +1\n3 keys, \d+ bytes on disk\n$/,
    ) as never,
  });
});

test("hotswap vault prints the value of a key", async () => {
  await using project = await projectWithStore();
  const { stdout, exitCode } = await hotswap(project, "vault", "bag.db", "players");
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`Map(1) {\n  "bob": {\n    hp: 5,\n  },\n}\n`);
});

test("hotswap vault --json is for other programs", async () => {
  await using project = await projectWithStore();
  const list = JSON.parse((await hotswap(project, "vault", "--json", "bag.db")).stdout) as { keys: { key: string }[] };
  expect(list.keys.map(({ key }) => key)).toEqual(["count", "players", "two\nlines"]);
  expect(JSON.parse((await hotswap(project, "vault", "--json", "bag.db", "players")).stdout)).toEqual({
    key: "players",
    bytes: 95,
    version: 2,
    types: [{ name: "Live_Player", version: 3 }],
    value: [
      ["map", "bob", [1]],
      ["live", "Live_Player", 3, { hp: 5 }],
    ],
  });
});

test.each([
  [[], /^error: give the file of the store, or a running host with --host\nUsage: hotswap vault /],
  [["bag.db", "a", "b"], /^error: give one key, not 2\nUsage/],
  [["missing.db"], /^error: the store missing\.db does not exist, or is empty\n$/],
  [["notes.txt"], /^error: the store notes\.txt is not a store of hotswap; it was left as it is\n$/],
  [["bag.db", "playerz"], /^error: the store bag\.db has no key "playerz" \(did you mean "players"\?\)\n$/],
])("hotswap vault %p is refused", async (words, message) => {
  await using project = await projectWithStore();
  const { exitCode, stdout, stderr } = await hotswap(project, "vault", ...words);
  expect(stderr).toMatch(message);
  expect([exitCode, stdout]).toEqual([1, ""]);
});
