import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { prune, type Release, type Rollout, type RollOptions, sqliteFleet } from "hotswap/fleet";
import { type FleetProject, fleetProject, type TestMember, until, webPlugin } from "./fleet-project.ts";

function onSqlite(): Promise<FleetProject> {
  return fleetProject((project) => () => sqliteFleet(project.path("fleet.db")));
}

/** Rolls, and resolves with the rollout when it is over. */
async function rolled(at: FleetProject, release: number, options?: RollOptions): Promise<Rollout> {
  const { id } = await at.fleet.roll(release, options);
  return over(at, id);
}

async function over(at: FleetProject, id: number): Promise<Rollout> {
  await until(`rollout ${id} ends`, async () => (await at.fleet.now()).rollout === null);
  const rollout = await at.fleet.rollout(id);
  if (rollout === undefined) throw new Error(`there is no rollout ${id}`);
  return rollout;
}

function run(members: readonly TestMember[], release: number | null): Promise<void> {
  return until(`all run release ${release}`, () => members.every(({ member }) => member.release === release));
}

function served(members: readonly TestMember[]): unknown[] {
  return members.map((each) => each.served());
}

const broken = (phase: string): string =>
  ({
    evaluation: `import { definePlugin } from "hotswap"; if (Date.now() > 0) throw new Error("no luck"); export default definePlugin({});`,
    onLoad: `import { definePlugin } from "hotswap"; export default definePlugin({ onLoad() { throw new Error("no luck"); } });`,
    onInit: `import { definePlugin } from "hotswap"; export default definePlugin({ onInit() { throw new Error("no luck"); } });`,
    export: `import { definePlugin } from "hotswap"; export default definePlugin({ export() { throw new Error("no luck"); } });`,
  })[phase] ?? "";

describe("12 a rollout", () => {
  test("is prepared by every member and then swapped by all", async () => {
    await using at = await onSqlite();
    const members = [await at.join("a"), await at.join("b")];
    const { number } = await at.publish(webPlugin(1));
    expect((await rolled(at, number)).state.is).toBe("committed");
    await run(members, 1);
    expect(served(members)).toEqual([1, 1]);
  });

  test("is decided at once where nobody is there, and found by who comes", async () => {
    await using at = await onSqlite();
    await at.publish(webPlugin(1));
    expect((await at.fleet.roll(1)).state.is).toBe("committed");
    expect((await at.join("late")).served()).toBe(1);
  });

  test("changes nothing anywhere when one member refuses, and says member, plugin, phase and message", async () => {
    await using at = await onSqlite();
    const members = [await at.join("a"), await at.join("b")];
    await at.publish(webPlugin(1));
    await rolled(at, 1);
    await run(members, 1);
    for (const phase of ["evaluation", "export", "onLoad", "onInit"]) {
      const { number } = await at.publish(broken(phase));
      const { state, failure } = await rolled(at, number);
      expect(state.is).toBe("aborted");
      expect(failure).toMatchObject({
        member: expect.stringMatching(/^[ab]$/),
        message: expect.stringContaining("no luck"),
      });
      expect([failure?.plugin, failure?.phase]).toEqual(["web", phase === "evaluation" ? "load" : phase]);
      expect(served(members)).toEqual([1, 1]);
    }
    await at.publish(webPlugin(9));
    expect((await rolled(at, 6)).state.is).toBe("committed");
    await run(members, 6);
    expect(served(members)).toEqual([9, 9]);
  });

  test("F8 a member that knows only an older format of artifacts votes no, and says what to do", async () => {
    await using at = await onSqlite();
    const members = [await at.join("a"), await at.join("b")];
    await at.publish(webPlugin(1));
    await rolled(at, 1);
    await run(members, 1);
    const { number } = await at.publish(webPlugin(2));
    // As a newer hotswap would have written it.
    const { store } = at.fleet;
    const [, doc] = await store.list("chat", "releases");
    if (doc === undefined) throw new Error("two releases were published");
    const release = JSON.parse(doc.text) as Release;
    await store.write("chat", { remove: [doc] });
    await store.write("chat", { put: [{ ...doc, text: JSON.stringify({ ...release, format: release.format + 1 }) }] });
    const { state, failure } = await rolled(at, number);
    expect([state.is, failure?.code]).toEqual(["aborted", "HOTSWAP_FLEET_FAILED"]);
    expect(failure?.message).toBe(
      `release 2 has artifact format ${release.format + 1}, and this host reads ${release.format}: upgrade hotswap here`,
    );
    expect(served(members)).toEqual([1, 1]);
  });

  test("is aborted when a member does not vote in time, and frees what others prepared", async () => {
    await using at = await onSqlite();
    const members = [await at.join("a"), await at.join("b")];
    await at.publish(webPlugin(1, `if (globalThis.hangs?.delete("b") ) await new Promise(() => {});`));
    Object.assign(globalThis, { hangs: new Set(["b"]) });
    const { state, failure } = await rolled(at, 1, { timeout: 500 });
    expect([state.is, failure?.message]).toEqual(["aborted", expect.stringMatching(/did not vote within 0.5 s/)]);
    expect(members.map(({ member }) => member.release)).toEqual([null, null]);
  });

  test("one at a time: of two that begin at once, one is refused with what is under way", async () => {
    await using at = await onSqlite();
    const member = await at.join("a");
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    Object.assign(globalThis, { gate });
    await at.publish(webPlugin(1, "await globalThis.gate"));
    await at.publish(webPlugin(2));
    const results = await Promise.allSettled([
      at.fleet.roll(1, { by: "one" }),
      at.fleet.roll(2, { by: "two" }),
      at.fleet.roll(1, { by: "three" }),
    ]);
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused).toHaveLength(2);
    for (const { reason } of refused) {
      expect(reason).toMatchObject({
        code: "HOTSWAP_FLEET_FAILED",
        message: expect.stringMatching(/rollout 1 .* is under way/),
      });
    }
    open();
    await over(at, 1);
    expect(await at.fleet.rollouts()).toHaveLength(1);
    await until("the winner's release runs", () => member.member.release !== null);
  });

  test("counts a member whose lease ends before its vote as refusing, unless that is tolerated", async () => {
    await using at = await onSqlite();
    const alive = await at.join("alive");
    const gone = { id: "gone", incarnation: "i", text: JSON.stringify({ labels: {}, runs: null, state: "serving" }) };
    const dying = () => at.fleet.store.beat("chat", { ...gone, lease: 300, take: true }, []);
    await at.publish(webPlugin(1));
    await dying();
    const refused = await rolled(at, 1);
    expect([refused.state.is, refused.failure?.member]).toEqual(["aborted", "gone"]);
    expect(refused.failure?.message).toBe("its lease ended before it voted");
    await dying();
    expect((await rolled(at, 1, { tolerate: 1 })).state.is).toBe("committed");
    await run([alive], 1);
  });

  test("a member that comes in the middle serves the committed release, and follows", async () => {
    await using at = await onSqlite();
    await at.publish(webPlugin(1));
    await rolled(at, 1);
    const first = await at.join("first");
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    Object.assign(globalThis, { gate });
    await at.publish(webPlugin(2, "await globalThis.gate"));
    const { id } = await at.fleet.roll(2);
    const second = await at.join("second");
    expect([second.member.release, second.served()]).toEqual([1, 1]);
    open();
    await over(at, id);
    await run([first, second], 2);
  });

  test("a member that finds another process under its id takes no part any more", async () => {
    await using at = await onSqlite();
    const one = await at.join("same");
    const other = await at.join("same");
    await one.logger.line(/another process has joined the fleet chat as same/);
    await at.publish(webPlugin(1));
    expect((await rolled(at, 1)).state.is).toBe("committed");
    await run([other], 1);
    expect(one.member.release).toBeNull();
  });

  test("works for hosts that share a plugin folder, and keeps there what others may be fetching", async () => {
    await using at = await onSqlite();
    const members = await Promise.all(["a", "b", "c", "d"].map((id) => at.join(id, {}, "shared")));
    for (const version of [1, 2, 3, 4, 5, 6, 7]) {
      await at.publish(webPlugin(version));
      expect((await rolled(at, version)).state.is).toBe("committed");
      await run(members, version);
      expect(served(members)).toEqual([version, version, version, version]);
      const fetching = at.project.path("hosts", "shared", ".fleet", "releases", ".1-being-fetched");
      if (version === 1) await mkdir(fetching);
      expect(existsSync(fetching)).toBe(true);
    }
  });

  test("can be undone by rolling the release before it", async () => {
    await using at = await onSqlite();
    const members = [await at.join("a"), await at.join("b")];
    await at.publish(webPlugin(1));
    await at.publish(webPlugin(2));
    await expect(at.fleet.rollback()).rejects.toMatchObject({ code: "HOTSWAP_FLEET_FAILED" });
    await rolled(at, 1);
    await rolled(at, 2);
    await run(members, 2);
    const { id } = await at.fleet.rollback();
    await over(at, id);
    await run(members, 1);
    expect(served(members)).toEqual([1, 1]);
  });
});

describe("12 a staged rollout", () => {
  const staged: RollOptions = { steps: [{ count: 1 }, { percent: 50 }], watch: 250 };

  async function four(at: FleetProject, healthy?: (id: string) => boolean): Promise<TestMember[]> {
    await at.publish(webPlugin(1));
    await rolled(at, 1);
    const ids = ["a", "b", "c", "d"];
    const joined = [];
    for (const id of ids) {
      const labels = { region: id === "c" ? "eu" : "us" };
      joined.push(await at.join(id, { labels, ...(healthy && { healthy: () => healthy(id) }) }));
    }
    return joined;
  }

  test("goes step by step, and everybody runs it in the end", async () => {
    await using at = await onSqlite();
    const members = await four(at);
    await at.publish(webPlugin(2));
    const { id } = await at.fleet.roll(2, staged);
    await run(members.slice(0, 1), 2);
    expect(served(members)).toEqual([2, 1, 1, 1]);
    expect((await at.fleet.now()).committed).toBe(1);
    await run(members.slice(0, 2), 2);
    expect(served(members)).toEqual([2, 2, 1, 1]);
    expect((await over(at, id)).state.is).toBe("committed");
    await run(members, 2);
    expect(served(members)).toEqual([2, 2, 2, 2]);
  });

  test("chooses its canaries by label", async () => {
    await using at = await onSqlite();
    const members = await four(at);
    await at.publish(webPlugin(2));
    await at.fleet.roll(2, { steps: [{ label: "region", value: "eu" }], watch: 60_000 });
    await run(members.slice(2, 3), 2);
    expect(served(members)).toEqual([1, 1, 2, 1]);
    await expect(at.fleet.roll(2)).rejects.toThrow(/rollout 2 of release 2/);
    await until("it is watched", async () => (await at.fleet.now()).rollout?.state.is === "watching");
    await at.fleet.promote();
    await run(members, 2);
  });

  test("goes back by itself when a canary has uncaught errors, and says which", async () => {
    await using at = await onSqlite();
    const members = await four(at);
    await at.publish(webPlugin(2, `setTimeout(() => { throw new Error("canary sings"); }, 50);`));
    const { state, failure } = await rolled(at, 2, { ...staged, watch: 5000 });
    expect(state.is).toBe("went back");
    expect(failure).toMatchObject({ member: "a", plugin: "web", message: expect.stringContaining("canary sings") });
    await run(members, 1);
    expect(served(members)).toEqual([1, 1, 1, 1]);
  });

  test("tolerates as many errors as it was told to", async () => {
    await using at = await onSqlite();
    const members = await four(at);
    await at.publish(webPlugin(2, `setTimeout(() => { throw new Error("once"); }, 20);`));
    expect((await rolled(at, 2, { ...staged, maxErrors: 1 })).state.is).toBe("committed");
    await run(members, 2);
  });

  test("goes back when healthy() says no, also in a later step", async () => {
    await using at = await onSqlite();
    const members = await four(at, (id) => id !== "b");
    await at.publish(webPlugin(2));
    const { state, failure } = await rolled(at, 2, staged);
    expect([state.is, failure]).toEqual(["went back", { member: "b", message: "healthy() said no" }]);
    await run(members, 1);
  });

  test("goes back to what lay in the members' own folders, where there was no release before", async () => {
    await using at = await onSqlite();
    const members = [await at.join("a", { healthy: () => false }), await at.join("b")];
    await at.publish(webPlugin(1));
    expect((await rolled(at, 1, { watch: 2000 })).state.is).toBe("went back");
    await run(members, null);
    expect(served(members)).toEqual([undefined, undefined]);
  });

  test("goes back when a later step refuses", async () => {
    await using at = await onSqlite();
    const members = await four(at);
    await at.publish(
      webPlugin(2, `globalThis.prepared ??= 0; if (++globalThis.prepared > 1) throw new Error("full");`),
    );
    Object.assign(globalThis, { prepared: 0 });
    const { state, failure } = await rolled(at, 2, staged);
    expect([state.is, failure?.plugin, failure?.phase]).toEqual(["went back", "web", "onInit"]);
    await run(members, 1);
  });

  test("waits while it is paused, and goes on when it is resumed", async () => {
    await using at = await onSqlite();
    const members = await four(at);
    await at.publish(webPlugin(2));
    const { id } = await at.fleet.roll(2, staged);
    await run(members.slice(0, 1), 2);
    await at.fleet.pause();
    await until("it is paused", async () => (await at.fleet.now()).rollout?.state.is === "paused");
    expect(served(members)).toEqual([2, 1, 1, 1]);
    await at.fleet.resume();
    expect((await over(at, id)).state.is).toBe("committed");
    await run(members, 2);
  });

  test("abort takes it back", async () => {
    await using at = await onSqlite();
    const members = await four(at);
    await at.publish(webPlugin(2));
    const { id } = await at.fleet.roll(2, { ...staged, watch: 60_000 });
    await run(members.slice(0, 1), 2);
    await at.fleet.abort({ by: "ann" });
    const { state, failure } = await over(at, id);
    expect([state.is, failure?.message]).toEqual(["went back", "aborted by ann"]);
    await run(members, 1);
    await expect(at.fleet.abort()).rejects.toMatchObject({ code: "HOTSWAP_FLEET_FAILED" });
  });
});

describe("12 prune", () => {
  test("keeps what runs, what ran before, and the newest; the rest goes with its artifacts", async () => {
    await using at = await onSqlite();
    const members = [await at.join("a")];
    for (const version of [1, 2, 3, 4, 5]) {
      await at.publish(webPlugin(version));
      if (version < 4) await rolled(at, version);
    }
    await run(members, 3);
    const pruned = await prune(at.fleet, { keep: 1 });
    expect([pruned.releases, pruned.artifacts, pruned.rollouts]).toEqual([[1, 4], 2, 1]);
    expect((await at.fleet.releases()).map(({ number }) => number)).toEqual([2, 3, 5]);
    expect((await at.fleet.store.artifacts("chat")).size).toBe(3);
    const { id } = await at.fleet.rollback();
    await over(at, id);
    await run(members, 2);
    await expect(at.fleet.roll(1)).rejects.toThrow(/has no release 1; there are 2, 3, 5/);
  });
});
