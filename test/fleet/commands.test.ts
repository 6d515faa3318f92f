import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type FleetStatus, type Pruned, type Release, type Rollout, sqliteFleet } from "hotswap/fleet";
import { hotswapWith } from "../cli/run-cli.ts";
import { Child } from "../support/child.ts";
import { type FleetProject, fleetProject, until, webPlugin } from "./fleet-project.ts";

const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

/** A fleet of two hosts that run release 1, with a release 2 that nobody runs, and the command line for it. */
async function twoHosts() {
  const at = await fleetProject((project) => () => sqliteFleet(project.path("fleet.db")));
  const env = { HOTSWAP_FLEET: "chat", HOTSWAP_FLEET_STORE: at.project.path("fleet.db"), USER: "ann" };
  const hosts = [await at.join("a"), await at.join("b")];
  await at.publish(webPlugin(1));
  await at.publish(webPlugin(2));
  const people = (...words: string[]) => hotswapWith(env, at.project, "fleet", ...words);
  const programs = async <Answer>(...words: string[]): Promise<Answer> => {
    const { stdout, stderr } = await people(...words, "--json");
    expect(stderr).toBe("");
    return JSON.parse(stdout) as Answer;
  };
  const follow = (...words: string[]): Child =>
    new Child([process.execPath, main, "fleet", ...words, "--follow"], { cwd: at.project.root, env });
  const run = (release: number | null): Promise<void> =>
    until(`both run ${release}`, () => hosts.every(({ member }) => member.release === release));
  expect((await people("roll", "1")).exitCode).toBe(0);
  await run(1);
  return { at, people, programs, follow, run };
}

const isState = ({ fleet }: FleetProject, state: string): Promise<void> =>
  until(`it is ${state}`, async () => (await fleet.now()).rollout?.state.is === state);

const staged = ["--canary", "1", "--watch", "1h", "--no-wait"] as const;

describe("12 hotswap fleet, for people and for programs", () => {
  test("pause, resume and promote", async () => {
    const { at, people, programs, run } = await twoHosts();
    await using _ = at;
    const begun = await programs<Rollout>("roll", "2", ...staged);
    expect(begun).toMatchObject({ id: 2, release: 2, by: "ann", state: { is: "preparing" } });
    await isState(at, "watching");
    expect((await people("pause")).stdout).toBe("rollout 2 of release 2: watching, step 1 of 2, to be paused\n");
    expect(await programs<Rollout>("resume")).toMatchObject({ hold: false, state: { is: "watching" } });
    expect(await programs<Rollout>("pause")).toMatchObject({ hold: true });
    expect((await people("resume")).stdout).toBe("rollout 2 of release 2: watching, step 1 of 2\n");
    expect((await people("promote")).stdout).toMatch(/^rollout 2 of release 2: .*step 2 of 2/);
    await run(2);
  }, 60_000);

  test("abort takes the canary back; rollback goes to the release before", async () => {
    const { at, people, programs, run } = await twoHosts();
    await using _ = at;
    await people("roll", "2", ...staged);
    await isState(at, "watching");
    expect(await programs<Rollout>("abort")).toMatchObject({ id: 2, failure: { message: "aborted by ann" } });
    await run(1);
    await until("it is over", async () => (await at.fleet.now()).rollout === null);
    const nothing = await people("abort");
    expect([nothing.exitCode, nothing.stdout]).toEqual([1, ""]);
    expect(nothing.stderr).toContain("there is nothing to abort: no rollout of the fleet chat is under way");

    expect((await people("roll", "2")).stdout).toEndWith("release 2 runs on 2 of 2 members\n");
    const back = await people("rollback");
    expect([back.exitCode, back.stderr]).toEqual([0, ""]);
    expect(back.stdout).toEndWith("release 1 runs on 2 of 2 members\n");
    const forth = await programs<Rollout & { running: number; alive: number }>("rollback");
    expect(forth).toMatchObject({ release: 2, state: { is: "committed" }, running: 2, alive: 2 });
    await run(2);
    expect(await programs<Rollout>("rollback", "1", "--no-wait")).toMatchObject({ release: 1 });
    await run(1);
  }, 60_000);

  test("prune says what it removed", async () => {
    const { at, people, programs } = await twoHosts();
    await using _ = at;
    for (const version of [3, 4, 5]) await at.publish(webPlugin(version));
    expect(await programs<Pruned>("prune", "--keep", "2")).toMatchObject({
      releases: [2, 3],
      artifacts: 2,
      rollouts: 0,
      members: [],
    });
    expect((await people("prune", "--keep", "1")).stdout).toMatch(
      /^removed 1 release, 1 artifact \(\d+ KiB\), 0 rollouts, 0 members\n$/,
    );
    expect((await programs<Release[]>("releases")).map(({ number }) => number)).toEqual([1, 5]);
    expect((await people("prune", "--keep", "few")).stderr).toContain("--keep is a whole number from 0");
  }, 60_000);

  test("--follow shows it now, again when something happened and not otherwise, until it is ended", async () => {
    const { at, follow, run } = await twoHosts();
    await using _ = at;
    await using status = follow("status", "--json");
    await using releases = follow("releases");
    await using rollouts = follow("rollouts");
    const first = JSON.parse(await status.line(/^\{/)) as FleetStatus;
    expect(first).toMatchObject({ head: { committed: 1, rollout: null }, members: [{ id: "a" }, { id: "b" }] });
    await releases.line(/^ +1 +runs /);
    await rollouts.line(/^ +1 +1 +committed /);
    const { id } = await at.fleet.roll(2);
    await until("it is over", async () => (await at.fleet.rollout(id))?.state.is === "committed");
    await run(2);
    await status.line(/"committed":2.*"runs":2.*"runs":2/);
    await releases.line(/^ +2 +runs /);
    await rollouts.line(/^ +2 +2 +committed /);
    // Leases run and are renewed all the time: that is nothing that happened.
    const shown = [status.stdout, releases.stdout, rollouts.stdout];
    const end = async (): Promise<number> => {
      const { now, members } = await at.fleet.status();
      return now + Math.min(...members.map(({ lease }) => lease));
    };
    const before = await end();
    await until("all were renewed for longer than a look", async () => (await end()) > before + 1200);
    expect([status.stdout, releases.stdout, rollouts.stdout]).toEqual(shown);
    for (const child of [status, releases, rollouts]) child.kill("SIGINT");
    for (const child of [status, releases, rollouts]) expect([await child.exit(), child.stderr]).toEqual([0, ""]);
  }, 60_000);
});
