import { describe, expect, test } from "bun:test";
import { commands } from "../../cli/commands.ts";
import { flagRows } from "../../cli/frame/help.ts";
import manifest from "../../package.json" with { type: "json" };
import { createProject } from "../support/project.ts";
import { hotswap } from "./run-cli.ts";

describe("9 help", () => {
  test("the overview names every command, on stdout", async () => {
    await using project = await createProject();
    for (const words of [["--help"], ["-h"], ["help"]]) {
      const { exitCode, stdout, stderr } = await hotswap(project, ...words);
      expect([exitCode, stderr]).toEqual([0, ""]);
      for (const [name, { summary }] of Object.entries(commands)) {
        expect(stdout).toMatch(new RegExp(`^  ${name} +${RegExp.escape(summary)}$`, "m"));
      }
    }
  });

  test("a command's help has its usage, every flag with its meaning, and examples", async () => {
    await using project = await createProject();
    for (const [name, { load }] of Object.entries(commands)) {
      const command = await load();
      const { exitCode, stdout, stderr } = await hotswap(project, name, "-h");
      expect([exitCode, stderr]).toEqual([0, ""]);
      expect(stdout).toStartWith(`Usage: hotswap ${name} ${command.usage}\n`);
      for (const { flag, meaning } of flagRows(command)) {
        expect(meaning).not.toBe("");
        expect(stdout).toMatch(new RegExp(`^  ${RegExp.escape(flag)} +${RegExp.escape(meaning)}$`, "m"));
      }
      expect(command.examples).not.toBeEmpty();
      for (const { line } of command.examples) expect(stdout).toContain(`  ${line}\n`);
    }
  });

  test("help names a command as well", async () => {
    await using project = await createProject();
    expect(await hotswap(project, "help", "plan")).toEqual(await hotswap(project, "plan", "--help"));
    const unknown = await hotswap(project, "help", "plam");
    expect([unknown.exitCode, unknown.stdout]).toEqual([1, ""]);
    expect(unknown.stderr).toStartWith('error: unknown command plam (did you mean "plan"?)');
  });

  test("--version prints the versions of hotswap and of Bun", async () => {
    await using project = await createProject();
    const stdout = `hotswap ${manifest.version}, Bun ${Bun.version}\n`;
    for (const flag of ["--version", "-v"]) {
      expect(await hotswap(project, flag)).toEqual({ exitCode: 0, stdout, stderr: "" });
    }
  });

  test("the flags of build are those of the contract", async () => {
    const flags = flagRows(await (commands["build"] ?? { load: () => Promise.reject(new Error()) }).load());
    expect(flags.map(({ flag }) => flag)).toEqual([
      "--include RE",
      "--exclude RE",
      "--bundle",
      "--leaveTemps",
      "--livePrefix P",
      "--sign KEY",
      "--expires WHEN",
      "--staticLinking",
      "--clean",
      "--watch",
      "-v, --verbose",
      "--debug",
      "-h, --help",
    ]);
  });
});
