import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { Child } from "../support/child.ts";
import { createDemo, dev, host, main, save, says } from "./demo.ts";
import { ended } from "./terminal.ts";

test("r tries again what failed, and what is live is said once", async () => {
  await using project = await createDemo();
  await using terminal = dev(project);
  await terminal.shows(/ready/);
  save(project, "plugin/alpha/index.ts", "export default 1 +;\n");
  await terminal.shows(/error: alpha: 1 error/);
  terminal.type("r");
  await terminal.shows(/error: alpha: 1 error/);
  save(project, "plugin/alpha/index.ts", says("alpha.1"));
  await terminal.shows(/mended: alpha is what is live/);
  save(project, "plugin/alpha/index.ts", says("alpha.2"));
  await terminal.shows(/live after [\d.]+ ms: alpha: ok/);
  terminal.type("s");
  await terminal.shows(/alpha +#2/);
  expect(terminal.text).not.toContain("nothing changed");
  expect(terminal.text.match(/live after .*alpha: ok/g)).toHaveLength(1);
});

test("a reload that the default logger would tell of is said once", async () => {
  const loud = host.replace(", logger: quiet", "");
  await using project = await createDemo({ "src/host.ts": loud });
  await using terminal = dev(project);
  await terminal.shows(/ready/);
  save(project, "plugin/alpha/index.ts", says("alpha.2"));
  await terminal.shows(/live after [\d.]+ ms: alpha: ok/);
  save(project, "plugin/alpha/index.ts", says("alpha.3"));
  await terminal.shows(/live after [\d.]+ ms: alpha: ok/);
  expect(terminal.text.match(/alpha: ok/g)).toHaveLength(2);
});

test("a command that there is not ends with an error, with and without a terminal", async () => {
  await using project = await createDemo();
  await using child = new Child([process.execPath, main, "dev", "plugin/*", "--out", "bin", "--", "nosuchcmd"], {
    cwd: project.root,
  });
  expect(await child.exit()).toBe(1);
  expect(child.stderr).toContain(
    "error: there is no program nosuchcmd: give the command that starts the host after --",
  );
  await using terminal = dev(project, { command: ["nosuchcmd"] });
  await terminal.shows(/there is no program nosuchcmd/);
  expect(await terminal.exited).toBe(1);
});

test("a second hotswap dev for the same folder is refused, and says who runs it", async () => {
  await using project = await createDemo();
  await using terminal = dev(project);
  await terminal.shows(/ready/);
  const second = async (out: string): Promise<Child> => {
    const child = new Child([process.execPath, main, "dev", "plugin/alpha", "--out", out, "--", "nosuchcmd"], {
      cwd: project.root,
    });
    expect(await child.exit()).toBe(1);
    return child;
  };
  expect((await second("./bin/")).stderr).toMatch(
    /error: hotswap dev runs already for bin: process \d+, since .*, with bun src\/host\.ts; end it, or give another folder with --out/,
  );
  expect((await second("other")).stderr).toContain("there is no program nosuchcmd");
});

test("a host that waits for the first build ends when it is asked to, by its own shutdown", async () => {
  const tidy = host.replace(
    "() => process.exit()",
    "async () => { await swapper.close(); console.log('closed'); process.exit(); }",
  );
  await using project = await createDemo({
    "src/host.ts": tidy.replace(
      "await swapper.loadPlugins();",
      "await swapper.loadPlugins().catch((error) => console.log(error.code));",
    ),
    "plugin/alpha/index.ts": "export default 1 +;\n",
    "tmp/.keep": "",
  });
  await using terminal = dev(project);
  const [, pid] = await terminal.shows(/host started, process (\d+)/);
  await terminal.shows(/still missing: plugin\/alpha/);
  terminal.type("q");
  await terminal.shows(/HOTSWAP_CLOSED[^]*closed/);
  expect(await terminal.exited).toBe(0);
  await ended(Number(pid));
  expect(readdirSync(project.out)).toEqual([]);
});

test("a host that cannot be asked loads its plugins all the same, and dev says why it cannot be asked", async () => {
  const occupied = `import { mkdirSync } from "node:fs";\nmkdirSync(JSON.parse(process.env.HOTSWAP_DEV).control);\n`;
  await using project = await createDemo({ "src/host.ts": occupied + host });
  await using terminal = dev(project);
  await terminal.shows(/error: the host cannot be asked: [^]*not a socket/);
  await terminal.shows(/ready: 2 plugins live/);
  save(project, "plugin/alpha/index.ts", says("alpha.2"));
  await terminal.shows(/host: hello \d+ alpha\.2/);
});
