import { describe, expect, test } from "bun:test";
import { sqliteFleet } from "hotswap/fleet";
import { hotswapWith } from "../cli/run-cli.ts";
import { fleetProject, until, webPlugin } from "./fleet-project.ts";

describe("12 hotswap fleet", () => {
  test("publishes, rolls, shows and prunes; a refusal names member, plugin, phase and message", async () => {
    await using at = await fleetProject((project) => () => sqliteFleet(project.path("fleet.db")));
    const env = { HOTSWAP_FLEET: "chat", HOTSWAP_FLEET_STORE: at.project.path("fleet.db") };
    const run = (...words: string[]) => hotswapWith(env, at.project, "fleet", ...words);
    const { member } = await at.join("a");
    await at.publish(webPlugin(1));
    expect(await run("publish", "bin", "--note", "the same again")).toMatchObject({
      exitCode: 0,
      stdout: "release 2: web\n",
    });
    const rolled = await run("roll", "1");
    expect(rolled.stdout).toEndWith("release 1 runs on 1 of 1 members\n");
    expect([rolled.exitCode, rolled.stderr]).toEqual([0, ""]);
    expect(member.release).toBe(1);
    const status = JSON.parse((await run("status", "--json")).stdout) as { head: unknown; members: unknown };
    expect(status.head).toMatchObject({ committed: 1, rollout: null });
    expect(status.members).toMatchObject([{ id: "a", runs: 1, state: "serving", alive: true }]);
    expect((await run("releases")).stdout).toMatch(/ 2 .*web +the same again\n +1 +runs /);

    await at.publish(webPlugin(3, `throw new Error("no luck")`));
    const refused = await run("roll", "3");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /rollout 2 of release 3: aborted, because a, plugin web, onInit: .*no luck \(HOTSWAP_HOOK_FAILED\)/,
    );
    expect((await run("rollouts")).stdout).toMatch(/ 2 +3  aborted .*no luck/);
    expect((await run("prune", "--keep", "0")).stdout).toStartWith("removed 2 releases, 1 artifact ");
  }, 60_000);

  test("a roll that reaches nobody says so: the store or the fleet's name may be another one", async () => {
    await using at = await fleetProject((project) => () => sqliteFleet(project.path("fleet.db")));
    const env = { HOTSWAP_FLEET: "chat", HOTSWAP_FLEET_STORE: at.project.path("fleet.db") };
    await at.publish(webPlugin(1));
    expect(await hotswapWith(env, at.project, "fleet", "roll", "1")).toMatchObject({
      exitCode: 0,
      stdout: "release 1 runs nowhere: no member is alive; hosts that join the fleet load it\n",
    });
  }, 60_000);

  test("a staged rollout is paused, resumed, promoted and aborted from the command line", async () => {
    await using at = await fleetProject((project) => () => sqliteFleet(project.path("fleet.db")));
    await at.project.write({ store: `${at.project.path("fleet.db")}\n` });
    const run = (...words: string[]) =>
      hotswapWith({ HOTSWAP_FLEET: "chat" }, at.project, "fleet", ...words, "--store-file", "store");
    const members = [await at.join("a"), await at.join("b")];
    await at.publish(webPlugin(1));
    const begun = await run("roll", "1", "--canary", "1", "--watch", "1h", "--no-wait");
    expect(begun.stdout).toMatch(/^rollout 1 of release 1: preparing, step 1 of 2, 1 member\n$/);
    await until("it is watched", async () => (await at.fleet.now()).rollout?.state.is === "watching");
    expect((await run("pause")).stdout).toContain("watching, step 1 of 2, to be paused");
    expect((await run("resume")).exitCode).toBe(0);
    expect((await run("promote")).exitCode).toBe(0);
    await until("both run it", () => members.every(({ member }) => member.release === 1));
    expect((await run("abort", "--by", "ann")).exitCode).toBe(0);
    await until("both went back", () => members.every(({ member }) => member.release === null));
    expect((await run("rollouts")).stdout).toContain("aborted by ann");
  }, 60_000);

  test("says what is missing or wrong, and never a password", async () => {
    await using at = await fleetProject((project) => () => sqliteFleet(project.path("fleet.db")));
    const cases: readonly (readonly [words: string[], message: RegExp])[] = [
      [["status"], /give the fleet's name with --fleet/],
      [["status", "--fleet", "chat"], /give the fleet's store with --store/],
      [["rol", "--fleet", "chat"], /unknown action rol \(did you mean "roll"\?\)/],
      [["roll", "x", "--fleet", "chat", "--store", "f.db"], /^error: roll takes the number of a release, not "x"$/m],
      [["roll", "7", "--fleet", "chat", "--store", "f.db"], /has no release 7; there is none: publish one/],
      [["roll", "7", "--fleet", "chat", "--store", "f.db", "--watch", "soon"], /--watch is a time such as/],
      [["status", "--fleet", "a/b", "--store", "f.db"], /is not the name of a fleet/],
      [["status", "--fleet", "chat", "--store", "mysql://u:secret-word@h/d"], /of the protocol mysql cannot be opened/],
      [
        ["status", "--fleet", "chat", "--store", "postgres://u:secret-word@127.0.0.1:1/d"],
        /postgres:\/\/u@127.0.0.1:1\/d failed/,
      ],
      [["status", "--fleet", "chat", "--store", "redis://u:secret-word@127.0.0.1:1"], /redis:\/\/u@127.0.0.1:1 failed/],
    ];
    const outcomes = await Promise.all(cases.map(([words]) => hotswapWith({}, at.project, "fleet", ...words)));
    for (const [index, [, message]] of cases.entries()) {
      expect(outcomes[index]?.stderr).toMatch(message);
      expect(outcomes[index]?.exitCode).toBe(1);
      expect(JSON.stringify(outcomes[index])).not.toContain("secret-word");
    }
  }, 60_000);
});
