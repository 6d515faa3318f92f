import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Generations, Plan, Reload, Status } from "../../src/control/protocol.ts";
import { OnTerminal } from "../dev/terminal.ts";
import { hotswap, type Outcome } from "../cli/run-cli.ts";
import { journalPlugin } from "../support/host.ts";
import { type ControlledHost, createControlledHost } from "./controlled-host.ts";

const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

const broken = `import { definePlugin } from "hotswap"; export default definePlugin({ onLoad() { throw new Error("no luck"); } });`;

/** Runs a command against the host. */
function ask({ host, socket }: ControlledHost, ...words: string[]): Promise<Outcome> {
  return hotswap(host.project, ...words, "--host", socket);
}

/** The cells of a table's rows; cells are two or more blanks apart. */
function rows(text: string): string[][] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/));
}

async function loaded(...names: string[]): Promise<ControlledHost> {
  const controlled = await createControlledHost(Object.fromEntries(names.map((name) => [name, journalPlugin(name)])));
  await controlled.host.swapper.loadPlugins();
  return controlled;
}

describe("commands that ask a running host", () => {
  test("status: a table for people, JSON for programs", async () => {
    await using controlled = await loaded("alpha", "beta");
    const people = await ask(controlled, "status");
    expect(people).toMatchObject({ exitCode: 0, stderr: "" });
    expect(people.stdout).toMatch(new RegExp(`^host +process ${process.pid}, up .*Bun ${Bun.version}$`, "m"));
    expect(people.stdout).toContain(`2 plugins from ${controlled.host.project.out}`);
    expect(people.stdout).toMatch(/^last +load 1 in .* ms: alpha: ok, beta: ok, .* ago$/m);
    const table = rows(people.stdout.slice(people.stdout.indexOf("\n\n") + 2));
    expect(table[0]).toEqual(["plugin", "gen", "hash", "loaded", "note", "calls", "functions"]);
    const hash = controlled.host.swapper.current?.findPlugin("alpha")?.hash.slice(0, 8);
    expect(table[1]).toEqual(["alpha", "#1", hash, expect.stringMatching(/ ago$/), "ok", "0", "version, versions"]);
    const programs = await ask(controlled, "status", "--json");
    expect((JSON.parse(programs.stdout) as Status).plugins.map(({ name }) => name)).toEqual(["alpha", "beta"]);
  });

  test("explain names what keeps a generation in memory", async () => {
    const leaking = (
      version: number,
    ): string => `import { definePlugin } from "hotswap"; import { wishes } from "../../journal";
      function kept() { return ${version}; }
      export default definePlugin({ onInit() { if (${version} === 1) wishes.set("kept", kept); } });`;
    await using controlled = await createControlledHost({ alpha: leaking(1) });
    await controlled.host.swapper.loadPlugins();
    await controlled.host.change("alpha", leaking(2));
    await controlled.host.swapper.reload();
    await controlled.host.swapper.drained();
    const freed = await ask(controlled, "explain", "alpha", "1");
    expect(freed).toMatchObject({ exitCode: 0, stderr: "" });
    expect(freed.stdout).toContain(`host module journal.ts > wishes (Map) > "kept" > function kept of alpha#1`);
    const live = await ask(controlled, "explain", "alpha", "#2", "--json");
    expect(JSON.parse(live.stdout)).toMatchObject({ plugin: "alpha", number: 2, state: "live", path: [] });
    expect(await ask(controlled, "explain", "alpha", "9")).toMatchObject({ exitCode: 1, stdout: "" });
    expect((await ask(controlled, "explain", "alpha")).stderr).toContain("explain takes the name of a plugin");
  }, 20_000);

  test("plan says why, and reload does it", async () => {
    await using controlled = await loaded("alpha", "beta");
    await controlled.host.change("alpha", journalPlugin("alpha", [], 2));
    const plan = await ask(controlled, "plan");
    expect(plan).toMatchObject({ exitCode: 0, stderr: "" });
    expect(rows(plan.stdout)).toEqual([
      ["plugin", "note", "because"],
      ["alpha", "ok", "its artifact changed"],
      ["beta", "unchanged", "its artifact has the same hash"],
    ]);
    expect((JSON.parse((await ask(controlled, "plan", "--json")).stdout) as Plan).plugins).toHaveLength(2);
    const reload = await ask(controlled, "reload");
    expect(reload).toMatchObject({ exitCode: 0, stderr: "" });
    expect(reload.stdout).toMatch(/^reload 2 in [\d.]+ ms: alpha: ok, and 1 unchanged\n$/);
    expect(controlled.host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(2);
    expect((await ask(controlled, "rollback")).stdout).toMatch(
      /^rollback 3 in [\d.]+ ms: alpha: ok, and 1 unchanged\n$/,
    );
    expect(controlled.host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
  });

  test("a reload that fails: exit code 1, one message with plugin, phase, code, and the place in the source", async () => {
    await using controlled = await loaded("alpha");
    await controlled.host.change("alpha", broken);
    const failed = await ask(controlled, "reload");
    expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
    expect(failed.stderr).toMatch(
      /^error: the reload failed, and what was live stays live: onLoad\(\) of "alpha" failed: no luck \(alpha, onLoad, HOTSWAP_HOOK_FAILED\)\nplugin\/alpha\/index\.ts:1:\d+\n> 1 \| import .*\n {4}\| +\^\n$/,
    );
    const programs = await ask(controlled, "reload", "--json");
    expect(programs).toMatchObject({ exitCode: 1, stderr: "" });
    expect(JSON.parse(programs.stdout) as Reload).toMatchObject({ ok: false, error: { phase: "onLoad" } });
    const refused = await ask(controlled, "rollback");
    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toStartWith("error: there is no earlier set to go back to");
  });

  test("plan --rehearse evaluates new artifacts and says what becomes of the data", async () => {
    const live = (version: number, step: string): string => `
      import { definePlugin } from "hotswap";
      export class Live_Score {
        static version = ${version};
        static migrations = { 1: (old: object) => { ${step} } };
        points = 1;
      }
      export default definePlugin({ onInit(vault) { if (!vault.dataBag.has("score")) vault.dataBag.set("score", new Live_Score()); } });`;
    await using controlled = await createControlledHost({ alpha: live(1, "return old;") });
    await controlled.host.swapper.loadPlugins();
    await controlled.host.change("alpha", live(2, 'throw new Error("cannot be");'));
    expect((await ask(controlled, "plan")).exitCode).toBe(0);
    const rehearsed = await ask(controlled, "plan", "--rehearse");
    expect(rehearsed.exitCode).toBe(1);
    expect(rehearsed.stdout).toMatch(/^score cannot be migrated: .*cannot be.*HOTSWAP_MIGRATION_FAILED/m);
    expect(controlled.host.swapper.reloadCounter).toBe(0);
  });

  test("generations", async () => {
    await using controlled = await createControlledHost({ alpha: journalPlugin("alpha") }, { freeDelay: 60_000 });
    await controlled.host.swapper.loadPlugins();
    await controlled.host.change("alpha", journalPlugin("alpha", [], 2));
    await controlled.host.swapper.reload();
    const { stdout } = await ask(controlled, "generations");
    expect(rows(stdout).map((cells) => cells.slice(0, 4))).toEqual([
      ["plugin", "gen", "state", "calls"],
      ["alpha", "#1", "draining", "0"],
      ["alpha", "#2", "live", "0"],
    ]);
    const programs = JSON.parse((await ask(controlled, "generations", "--json")).stdout) as Generations;
    expect(programs.generations.map(({ state }) => state)).toEqual(["draining", "live"]);
  });
});

describe("vault --host", () => {
  test("keys and live things, one value, and a suggestion for a key that is not there", async () => {
    await using controlled = await createControlledHost({
      alpha: `import { definePlugin } from "hotswap";
        export function live_greet() {} export class Live_Player {}
        export default definePlugin({ onInit(vault) { vault.dataBag.set("scores", new Map([["ann", 3]])); } });`,
    });
    await controlled.host.swapper.loadPlugins();
    const { stdout } = await ask(controlled, "vault");
    expect(rows(stdout)).toEqual([
      ["data", "scores"],
      ["live functions", "live_greet"],
      ["live types", "Live_Player"],
    ]);
    expect(JSON.parse((await ask(controlled, "vault", "--json")).stdout)).toEqual({
      keys: [{ key: "scores" }],
      liveFuncs: ["live_greet"],
      liveTypes: ["Live_Player"],
    });
    expect(JSON.parse((await ask(controlled, "vault", "--json", "scores")).stdout)).toEqual({
      key: "scores",
      value: [["map", "ann", 3]],
    });
    expect((await ask(controlled, "vault", "scores")).stdout).toBe(`${Bun.inspect(new Map([["ann", 3]]))}\n`);
    const missing = await ask(controlled, "vault", "score");
    expect(missing).toMatchObject({ exitCode: 1, stdout: "" });
    expect(missing.stderr).toContain('has no key "score" (did you mean "scores"?)');
  });
});

describe("what a host refuses", () => {
  test.each([
    [["explain", "game", "99"], /^error: there has never been a generation game#99: .*\n$/],
    [["explain", "alpha", "99"], /^error: there has never been a generation alpha#99: .*\n$/],
    [["reload", "--probation", "0s"], /^error: probation\.watch must be a time in ms, not 0\n$/],
    [["rollback"], /^error: there is no earlier set to go back to [^\n]*\n$/],
  ])("%p is one message without a stack", async (words, message) => {
    await using controlled = await loaded("alpha");
    const { exitCode, stdout, stderr } = await ask(controlled, ...words);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
  });
});

describe("without a host", () => {
  test("every command says so in one message, with exit code 1", async () => {
    await using controlled = await createControlledHost({});
    for (const command of ["status", "plan", "reload", "rollback", "generations", "vault"]) {
      const outcome = await ask(controlled, command);
      expect(outcome).toMatchObject({ exitCode: 1, stdout: "" });
      expect(outcome.stderr).toMatch(
        /^error: no host answers at .*host\.sock \(there is no such socket\): start one.*\n$/,
      );
    }
    const without = await hotswap(controlled.host.project, "status");
    expect(without.exitCode).toBe(1);
    expect(without.stderr).toStartWith(
      "error: no hotswap dev runs in this folder: give the host's control socket with --host",
    );
  });
});

test("on a terminal, a reload of many plugins shows how far it is", async () => {
  const names = Array.from({ length: 30 }, (_, number) => `plugin${number}`);
  await using controlled = await loaded(...names);
  const { host, socket } = controlled;
  await Promise.all(names.map((name) => host.change(name, journalPlugin(name, [], 2))));
  await using terminal = new OnTerminal([process.execPath, main, "reload", "--host", socket], host.project.root);
  await terminal.shows(/load ╌+ 0 of 30/);
  await terminal.shows(/reload 2 in [\d.]+ ms: plugin0: ok, plugin1: ok/);
  expect(await terminal.exited).toBe(0);
  // The line is gone in the end.
  expect(terminal.text.trimEnd().split("\n").at(-1)).toMatch(/^reload 2|plugin/);
});
