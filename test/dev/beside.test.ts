import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { hotswap } from "../cli/run-cli.ts";
import { Child } from "../support/child.ts";
import { createDemo, dev, main, save, says } from "./demo.ts";

const file = "plugin/alpha/index.ts";

describe("17 commands beside hotswap dev", () => {
  test("ask its host without being told where that is, and what they say is what is live", async () => {
    await using project = await createDemo();
    await using terminal = dev(project);
    const [, pid] = await terminal.shows(/host: hello (\d+)/);
    await terminal.shows(/ready/);
    const status = await hotswap(project, "status");
    expect(status.stdout).toMatch(new RegExp(`^host +process ${pid}, .*\nplugins +2 plugins, built by hotswap dev\n`));
    expect((await hotswap(project, "plan")).stdout).toMatch(/alpha +unchanged .*\nbeta +unchanged /);
    // Nothing was reloaded, and nothing takes long.
    expect(JSON.parse((await hotswap(project, "status", "--json")).stdout)).toMatchObject({ reloadCounter: 0 });
    save(project, file, says("alpha.2"));
    await terminal.shows(/live after/);
    expect((await hotswap(project, "rollback")).stdout).toMatch(/^rollback 3 in .*: alpha: ok, and 1 unchanged\n$/);
    expect((await hotswap(project, "plan")).stdout).toMatch(/alpha +ok +its artifact changed\n/);
    expect((await hotswap(project, "reload")).stdout).toMatch(/^reload 4 in .*: alpha: ok, and 1 unchanged\n$/);

    save(project, file, "export default 1 +;\n");
    await terminal.shows(/error: alpha: 1 error/);
    for (const command of ["plan", "reload"]) {
      expect(await hotswap(project, command)).toEqual({
        exitCode: 1,
        stdout: "",
        stderr: "error: alpha cannot be built (hotswap dev says why), and nothing else changed\n",
      });
    }
    expect(terminal.text).not.toContain("has taken");

    await using dashboard = new Child([process.execPath, main, "dashboard"], { cwd: project.root });
    const [url = ""] = /http:\S+/.exec(await dashboard.line(/the dashboard is at/)) ?? [];
    expect((await fetch(url)).status).toBe(200);
    expect(dashboard.stderr).toBe("");
  });

  test("say when its host does not run, and when nothing does", async () => {
    await using project = await createDemo({ "src/host.ts": "process.exit(3);\n" });
    {
      await using terminal = dev(project);
      await terminal.shows(/ended with code 3/);
      const { stderr } = await hotswap(project, "status");
      expect(stderr).toMatch(
        /^error: the host of hotswap dev \(process \d+\) does not run, or has not loaded plugins yet/,
      );
    }
    const { stderr } = await hotswap(project, "status");
    expect(stderr).toStartWith("error: no hotswap dev runs in this folder: give the host's control socket with --host");
  });
});

test("17.4 what TypeScript says of a file that was saved meanwhile stands without lines that it may not have seen", async () => {
  const tsc = join(import.meta.dir, "..", "..", "node_modules", "typescript", "bin", "tsc");
  await using project = await createDemo({
    "tsconfig.json": JSON.stringify({
      compilerOptions: { strict: true, types: [], lib: ["esnext"] },
      files: ["a.ts", "b.ts"],
    }),
    "a.ts": "export const a: string = 1;\n",
    "b.ts": "export const b: string = 2;\n",
    "node_modules/typescript/package.json": '{ "name": "typescript" }',
    // The project's own, and somebody who saves b.ts while it works.
    "node_modules/typescript/bin/tsc": `
      const { stdout, exitCode } = Bun.spawnSync([process.execPath, ${JSON.stringify(tsc)}, ...process.argv.slice(2)]);
      await Bun.write("b.ts", "// New.\\nexport const b: string = 2;\\n");
      process.stdout.write(stdout);
      process.exitCode = exitCode;`,
  });
  await using terminal = dev(project);
  const [found] = await terminal.shows(/types: 2 errors\n(?:.*\n){5}/);
  expect(found).toContain(
    "a.ts:1:14: TS2322: Type 'number' is not assignable to type 'string'.\n> 1 | export const a: string = 1;\n",
  );
  await terminal.shows(/b\.ts:1:14: TS2322: .*\n/);
  expect(terminal.text).not.toContain("New.");
});
