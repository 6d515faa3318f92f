import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { hotswap, type Outcome } from "../cli/run-cli.ts";
import { Child } from "../support/child.ts";
import { type ControlledHost, createControlledHost } from "./controlled-host.ts";

const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

const worker = (version: number): string => `
import { definePlugin } from "hotswap";
export default definePlugin({
  functions: {
    add: (n: number) => n + ${version},
    fail() {
      throw new TypeError("not today");
    },
  },
});
`;

async function loaded(): Promise<ControlledHost> {
  const controlled = await createControlledHost({ worker: worker(1) }, { observe: "calls" });
  await controlled.host.swapper.loadPlugins();
  return controlled;
}

function ask({ host, socket }: ControlledHost, ...words: string[]): Promise<Outcome> {
  return hotswap(host.project, ...words, "--host", socket);
}

function call({ host }: ControlledHost, name: string): void {
  try {
    host.swapper.current?.findPlugin("worker")?.invokeFunc(name, 1);
  } catch {
    // Counted by the host.
  }
}

describe("15 commands that see inside a running host", () => {
  test("status shows errors first, with their place", async () => {
    await using controlled = await loaded();
    for (let times = 0; times < 3; times++) call(controlled, "fail");
    const { stdout } = await ask(controlled, "status");
    const [title, what, where] = stdout.split("\n");
    expect(title).toBe("errors");
    expect(what).toBe("  worker#1 TypeError: not today");
    expect(where).toMatch(/^ {4}in fail\(\), .*plugin\/worker\/index\.ts:7:\d+, 3 times, last /);
    expect(stdout).toMatch(/^worker .* 3 .*add, fail$/m);
  });

  test("top counts calls and failures by function", async () => {
    await using controlled = await loaded();
    for (let times = 0; times < 5; times++) call(controlled, "add");
    call(controlled, "fail");
    const { stdout, exitCode } = await ask(controlled, "top");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^worker#1 +add +5 +0 +0 /m);
    expect(stdout).toMatch(/^worker#1 +fail +1 +1 +0/m);
    const programs = JSON.parse((await ask(controlled, "top", "--json")).stdout);
    expect(programs.generations[0]).toMatchObject({ plugin: "worker", failures: 1 });
  });

  test("logs follows reloads and errors until it is ended", async () => {
    await using controlled = await loaded();
    await using logs = new Child([process.execPath, main, "logs", "--host", controlled.socket], {
      cwd: controlled.host.project.root,
    });
    await logs.line(/following process/);
    call(controlled, "fail");
    await logs.line(/worker#1 TypeError: not today, in fail\(\)/);
    await controlled.host.change("worker", worker(2));
    await controlled.host.swapper.reload();
    await logs.line(/reload 2 in .*worker: ok/);
    logs.kill("SIGINT");
    expect(await logs.exit()).toBe(0);
  });

  test("reload --probation ends with 0 when the new set passes, and with 1 when it went back", async () => {
    await using controlled = await loaded();
    await controlled.host.change("worker", worker(2));
    const passed = await ask(controlled, "reload", "--probation", "50ms");
    expect(passed).toMatchObject({ exitCode: 0, stderr: "" });
    expect(passed.stdout).toContain("probation passed");
    await controlled.host.change("worker", worker(3));
    const running = new Promise<void>((resolve) => {
      const end = controlled.host.swapper.subscribe((news) => {
        if (news.type !== "probation") return;
        end();
        resolve();
      });
    });
    const went = ask(controlled, "reload", "--probation", "5m", "--max-errors", "1", "--json");
    await running;
    for (let times = 0; times < 2; times++) call(controlled, "fail");
    const { exitCode, stdout } = await went;
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, probation: { state: "went back", errors: 2 } });
    expect(controlled.host.swapper.current?.findPlugin("worker")?.invokeFunc("add", 1)).toBe(3);
  });

  test("a probation that makes no sense is refused", async () => {
    await using controlled = await loaded();
    expect((await ask(controlled, "reload", "--probation", "soon")).stderr).toContain("--probation is a time such as");
    expect((await ask(controlled, "reload", "--probation", "1s", "--max-errors", "few")).stderr).toContain(
      "--max-errors",
    );
    expect(controlled.host.swapper.reloadCounter).toBe(0);
  });
});
