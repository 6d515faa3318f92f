import { describe, expect, test } from "bun:test";
import { chmodSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../../cli/commands.ts";
import { OnTerminal } from "../dev/terminal.ts";
import { createProject, type Project } from "../support/project.ts";
import { hotswap } from "./run-cli.ts";

const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

async function projectWithPlugins(): Promise<Project> {
  const project = await createProject({
    "plugin/alpha/index.ts": "",
    "plugin/beta/index.ts": "",
    "keys/private.pem": "",
    "path/.keep": "",
  });
  await project.write({ "path/hotswap": `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n` });
  chmodSync(project.path("path/hotswap"), 0o755);
  symlinkSync(process.execPath, project.path("path/bun"));
  return project;
}

/** What is offered for the last of the words. */
async function offered(project: Project, ...words: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await hotswap(project, "complete", "--", ...words);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return stdout
    .split("\n")
    .map((line) => line.split("\t")[0] ?? "")
    .filter((value) => value !== "" && !value.startsWith(":"))
    .toSorted();
}

describe("what is offered", () => {
  test("commands, with what they do", async () => {
    await using project = await createProject();
    expect(await offered(project, "")).toEqual([...Object.keys(commands), "help"].toSorted());
    expect((await hotswap(project, "complete", "--", "re")).stdout).toBe(
      `reload\t${commands["reload"]?.summary}\n:4\n`,
    );
    expect(await offered(project, "help", "expl")).toEqual(["explain"]);
    expect(await offered(project, "--v")).toEqual(["--version"]);
  });

  test("the flags of a command, in the spelling of a shell", async () => {
    await using project = await createProject();
    expect(await offered(project, "build", "--l")).toEqual(["--leave-temps", "--live-prefix"]);
    expect(await offered(project, "build", "plugin/x", "bin", "--st")).toEqual(["--static-linking"]);
  });

  test("paths, where a path may stand, and nothing where it may not", async () => {
    await using project = await projectWithPlugins();
    expect(await offered(project, "build", "plugin/")).toEqual([
      "plugin/alpha",
      "plugin/alpha/index.ts",
      "plugin/beta",
      "plugin/beta/index.ts",
    ]);
    expect(await offered(project, "build", "--sign", "keys/p")).toEqual(["keys/private.pem"]);
    expect(await offered(project, "build", "--sign=keys/p")).toEqual(["keys/private.pem"]);
    expect(await offered(project, "build", "--include", "")).toEqual([]);
    expect(await offered(project, "dev", "plugin/alpha", "--", "plugin/al")).toEqual([
      "plugin/alpha",
      "plugin/alpha/index.ts",
    ]);
    expect(await offered(project, "build", "nowhere/")).toEqual([]);
  });

  test("actions of a fleet, and shells", async () => {
    await using project = await createProject();
    expect(await offered(project, "fleet", "ro")).toEqual(["roll", "rollback", "rollouts"]);
    expect(await offered(project, "completion", "")).toEqual(["bash", "fish", "zsh"]);
  });
});

/** A line as it is typed, with what Tab makes of it. */
const completions = [
  ["hotswap rel", "hotswap reload"],
  ["hotswap build --static", "hotswap build --static-linking"],
  ["hotswap build plugin/alpha/ind", "hotswap build plugin/alpha/index.ts"],
] as const;

function environment(project: Project): Record<string, string> {
  return { PATH: `${project.path("path")}:/usr/bin:/bin`, HOME: project.root, TERM: "dumb", PS1: "prompt> " };
}

/**
 * Started without anybody's settings; they then evaluate the script as the help says. What zsh knows of the commands of the
 * systems takes seconds to read.
 */
const shells = [
  ["bash", ["--norc", "--noprofile", "-i"], `eval "$(hotswap completion bash)"`],
  [
    "zsh",
    ["-f", "-i"],
    `setopt interactive_comments; fpath=(\${fpath:#*/(Unix|Linux|X|Debian|Redhat|AIX|BSD|Darwin|Solaris|Cygwin|Mandriva|openSUSE)*}); autoload -U compinit; compinit -u -D; eval "$(hotswap completion zsh)"`,
  ],
] as const;

describe.each(shells)("in %s", (name, flags, setUp) => {
  const shell = Bun.which(name);

  test.skipIf(shell === null)("Tab completes a command, a flag and a path", async () => {
    await using project = await projectWithPlugins();
    await using terminal = new OnTerminal([shell ?? "", ...flags], project.root, environment(project));
    terminal.type(`${setUp}; echo is-"ready"\r`);
    await terminal.shows(/is-ready/);
    for (const [typed, completed] of completions) {
      // Before that, the shell does not read keys one by one.
      await terminal.shows(/prompt> /);
      terminal.type(`${typed}\t`);
      await terminal.shows(new RegExp(RegExp.escape(completed)));
      // Ctrl-A, #, Enter: the line is a comment, and not run.
      terminal.type("\u0001#\r");
    }
  });
});

test.skipIf(Bun.which("fish") === null)("in fish, its own command tells how a line is completed", async () => {
  await using project = await projectWithPlugins();
  const lines = completions.map(([typed]) => `complete --do-complete '${typed}'`);
  await using fish = Bun.spawn(
    ["fish", "--no-config", "-c", ["hotswap completion fish | source", ...lines].join("\n")],
    { cwd: project.root, env: environment(project), stdio: ["ignore", "pipe", "pipe"] },
  );
  const offers = (await fish.stdout.text()).trim().split("\n");
  expect(offers.map((offer) => offer.split("\t")[0])).toEqual(["reload", "--static-linking", "plugin/alpha/index.ts"]);
  expect(await fish.stderr.text()).toBe("");
});

test("a shell that is not known is refused", async () => {
  await using project = await createProject();
  const none = await hotswap(project, "completion");
  expect(none.stderr).toStartWith("error: give one shell: bash, zsh or fish\nUsage");
  const unknown = await hotswap(project, "completion", "fich");
  expect([unknown.exitCode, unknown.stdout]).toEqual([1, ""]);
  expect(unknown.stderr).toStartWith(
    'error: there is no completion for fich (did you mean "fish"?): give bash, zsh or fish',
  );
});
