import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { Child } from "../support/child.ts";
import { createDemo, dev, main, save, says, host } from "./demo.ts";
import { ended, OnTerminal } from "./terminal.ts";

describe("hotswap dev", () => {
  test("an edit is live without a restart; a broken one is shown with its place, and a fix is enough", async () => {
    await using project = await createDemo();
    await using terminal = dev(project);
    const [, pid] = await terminal.shows(/host: hello (\d+) alpha\.1 beta\.1/);
    await terminal.shows(/ready: 2 plugins live/);

    save(project, "plugin/alpha/index.ts", says("alpha.2"));
    await terminal.shows(new RegExp(`host: hello ${pid} alpha\\.2 beta\\.1`));
    await terminal.shows(/live after [\d.]+ ms: alpha: ok, and 1 unchanged/);

    save(project, "plugin/beta/index.ts", says("beta.2").replace("functions", "function"));
    await terminal.shows(/error: beta: 1 error/);
    await terminal.shows(/plugin\/beta\/index\.ts:4:3: .*"function".*did you mean "functions"/);
    await terminal.shows(/> 4 \| {3}function: \{ say/);
    save(project, "plugin/alpha/index.ts", says("alpha.3"));
    await terminal.shows(new RegExp(`host: hello ${pid} alpha\\.3 beta\\.1`));
    save(project, "plugin/beta/index.ts", says("beta.3"));
    await terminal.shows(new RegExp(`host: hello ${pid} alpha\\.3 beta\\.3`));

    save(
      project,
      "plugin/beta/index.ts",
      says("beta.4").replace("  functions", '  onLoad() {\n    throw new Error("no luck");\n  },\n  functions'),
    );
    await terminal.shows(/error: the reload failed: .*no luck \(beta, onLoad, HOTSWAP_HOOK_FAILED\)/);
    await terminal.shows(/plugin\/beta\/index\.ts:5:\d+\n.*\n.*\n> 5 \| {5}throw new Error\("no luck"\);\n +\| +\^/);
    save(project, "plugin/beta/index.ts", says("beta.5"));
    await terminal.shows(new RegExp(`host: hello ${pid} alpha\\.3 beta\\.5`));
  });

  test("keys: s shows the status, b rolls back, r reloads, q ends the host and leaves nothing", async () => {
    await using project = await createDemo();
    const temporary = project.path("tmp");
    await project.write({ "tmp/.keep": "" });
    const words = ["dev", "plugin/alpha", "--out", "bin", "--", process.execPath, "src/host.ts"];
    await using terminal = new OnTerminal([process.execPath, main, ...words], project.root, { TMPDIR: temporary });
    const [, pid] = await terminal.shows(/host: hello (\d+) alpha\.1/);
    await terminal.shows(/ready: 1 plugin live; h lists the keys, q quits/);
    terminal.type("s");
    await terminal.shows(new RegExp(`host +process ${pid}, up`));
    await terminal.shows(/alpha +#1 +[0-9a-f]{8} .* ok +0 +say/);
    save(project, "plugin/alpha/index.ts", says("alpha.2"));
    await terminal.shows(/alpha\.2[^]*live after/);
    terminal.type("b");
    await terminal.shows(/alpha\.1[^]*rolled back in [\d.]+ ms: alpha: ok/);
    terminal.type("r");
    await terminal.shows(/alpha\.2[^]*live in [\d.]+ ms: alpha: ok/);
    terminal.type("q");
    expect(await terminal.exited).toBe(0);
    await ended(Number(pid));
    expect(readdirSync(temporary)).toEqual([".keep"]);
  });

  test("Ctrl-C ends it, and the host, with exit code 130", async () => {
    await using project = await createDemo();
    await using terminal = dev(project);
    const [, pid] = await terminal.shows(/host: hello (\d+)/);
    await terminal.shows(/ready/);
    terminal.type("\u0003");
    expect(await terminal.exited).toBe(130);
    await ended(Number(pid));
  });

  test("--no-restart: changes to the host's own modules are announced, and r restarts it", async () => {
    await using project = await createDemo();
    await using terminal = dev(project, { flags: ["--no-restart"] });
    const [, pid] = await terminal.shows(/host: hello (\d+)/);
    await terminal.shows(/ready/);
    save(project, "src/config.ts", 'export const word = "servus";\n');
    await terminal.shows(/restart needed: src\/config\.ts changed, .*r restarts/);
    save(project, "src/config.ts", 'export const word = "hello";\n');
    await terminal.shows(/no restart is needed any more/);
    save(project, "src/config.ts", 'export const word = "servus";\n');
    await terminal.shows(/restart needed: src\/config\.ts/);
    terminal.type("r");
    const [, next] = await terminal.shows(/host: servus (\d+) alpha\.1 beta\.1/);
    expect(next).not.toBe(pid);
    await ended(Number(pid));
    await terminal.shows(/ready/);
    save(project, "plugin/alpha/index.ts", says("alpha.2"));
    await terminal.shows(/host: servus \d+ alpha\.2/);
  });

  test("host modules that only a plugin imports, and what they import, count as well", async () => {
    await using project = await createDemo({
      "plugin/alpha/index.ts": `import { definePlugin } from "hotswap"; import { word } from "../../lib/word";
        export default definePlugin({ functions: { say: () => word } });`,
      "lib/word.ts": 'export { deep as word } from "./deep";\n',
      "lib/deep.ts": 'export const deep = "deep.1";\n',
    });
    await using terminal = dev(project);
    await terminal.shows(/deep\.1 beta\.1[^]*ready/);
    save(project, "lib/deep.ts", 'export const deep = "deep.2";\n');
    await terminal.shows(/lib\/deep\.ts changed: the host is restarted/);
    await terminal.shows(/deep\.2 beta\.1/);
  });

  test("6.1 a set that was swapped out is freed after a second, unless the host says otherwise", async () => {
    await using project = await createDemo({
      "src/host.ts": host.replace("freeDelay: 0, ", ""),
      "plugin/alpha/index.ts": `import { definePlugin } from "hotswap";
        export default definePlugin({ functions: { say: () => "alpha.1" }, onFree() { console.log("alpha.1 is freed"); } });`,
    });
    await using terminal = dev(project);
    await terminal.shows(/ready/);
    const saved = performance.now();
    save(project, "plugin/alpha/index.ts", says("alpha.2"));
    await terminal.shows(/alpha\.1 is freed/);
    // Without `hotswap dev` it would be kept for 15 s.
    expect(performance.now() - saved).toBeLessThan(14_000);
  });

  test("a save whose evaluation does not end is told while it is waited for, and mended afterwards", async () => {
    await using project = await createDemo({
      "src/host.ts": host.replace("freeDelay: 0", "freeDelay: 0, hookTimeout: 4000"),
    });
    await using terminal = dev(project);
    await terminal.shows(/ready/);
    save(project, "plugin/alpha/index.ts", `await new Promise(() => {});\n${says("alpha.2")}`);
    await terminal.shows(
      /the reload has taken 2 s, and is at the evaluation of modules; what is live goes on meanwhile/,
    );
    save(project, "plugin/alpha/index.ts", says("alpha.3"));
    await terminal.shows(/alpha[^]*still live[^]*mended, live after/);
  });

  test("a plugin that is broken from the start is waited for", async () => {
    await using project = await createDemo({ "plugin/alpha/index.ts": "export default 1 +;\n" });
    await using terminal = dev(project);
    await terminal.shows(
      /error: alpha: 1 error[^]*the host waits until every plugin is built; still missing: plugin\/alpha/,
    );
    save(project, "plugin/alpha/index.ts", says("alpha.2"));
    await terminal.shows(/host: hello \d+ alpha\.2 beta\.1/);
  });

  test("a host that ends by itself is started again by the next build", async () => {
    await using project = await createDemo({
      "plugin/beta/index.ts": `import { definePlugin } from "hotswap";
        export default definePlugin({ onLoad() { throw new Error("no luck at first"); } });`,
    });
    await using terminal = dev(project);
    await terminal.shows(
      /no luck at first[^]*the host ended with code 1; it is started again by the next save, or by r/,
    );
    save(project, "plugin/beta/index.ts", says("beta.2"));
    await terminal.shows(/host: hello \d+ alpha\.1 beta\.2/);
  });

  test("a command that starts the host in its turn ends with it", async () => {
    await using project = await createDemo();
    await using terminal = dev(project, { command: ["sh", "-c", "bun src/host.ts & wait"] });
    const [, pid] = await terminal.shows(/host: hello (\d+)/);
    await terminal.shows(/ready/);
    save(project, "plugin/alpha/index.ts", says("alpha.2"));
    await terminal.shows(/alpha\.2/);
    terminal.type("q");
    expect(await terminal.exited).toBe(0);
    await ended(Number(pid));
  });

  test("without a terminal it works as well, with the host's output apart", async () => {
    await using project = await createDemo();
    const words = ["dev", "plugin/alpha", "plugin/beta", "--out", "bin", "--", process.execPath, "src/host.ts"];
    await using child = new Child([process.execPath, main, ...words], { cwd: project.root });
    const [, pid] = /host: hello (\d+)/.exec(await child.line(/^host: hello/)) ?? [];
    await child.errorLine(/^hotswap ready/);
    save(project, "plugin/alpha/index.ts", says("alpha.2"));
    await child.line(/alpha\.2/);
    await child.errorLine(/^hotswap live after/);
    child.kill("SIGTERM");
    expect(await child.exit()).toBe(143);
    await ended(Number(pid));
    expect(child.stdout).not.toContain("hotswap");
  });
});

test("bad command lines are refused with the usage", async () => {
  await using project = await createDemo();
  const refused = async (...words: string[]): Promise<string> => {
    await using child = new Child([process.execPath, main, "dev", ...words], { cwd: project.root });
    expect(await child.exit()).toBe(1);
    return child.stderr;
  };
  expect(await refused("--out", "bin", "--", "bun", "x")).toStartWith("error: give the plugins' folders\nUsage:");
  expect(await refused("plugin/alpha", "--", "bun", "x")).toContain("give the folder of artifacts with --out");
  expect(await refused("plugin/alpha", "--out", "bin")).toContain("give the command that starts the host after --");
  expect(await refused("plugin/alpha", "x/Alpha", "--out", "bin", "--", "x")).toContain("are plugins of one name");
  expect(await refused("plugin/none", "--out", "bin", "--", "x")).toContain(
    "the plugin folder plugin/none does not exist",
  );
});
