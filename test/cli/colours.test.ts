import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { OnTerminal } from "../dev/terminal.ts";
import { createProject, type Project } from "../support/project.ts";
import { hotswapWith } from "./run-cli.ts";

const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

const RED_ERROR = "\u001B[31merror:\u001B[39m";

async function onTerminal(project: Project, env: Record<string, string>): Promise<string> {
  await using terminal = new OnTerminal([process.execPath, main, "bild"], project.root, { TERM: "xterm", ...env });
  await terminal.shows(/unknown command bild/);
  return terminal.raw;
}

describe("9 colours", () => {
  test("on a terminal, unless NO_COLOR is set", async () => {
    await using project = await createProject();
    expect(await onTerminal(project, { NO_COLOR: "", FORCE_COLOR: "" })).toContain(RED_ERROR);
    expect(await onTerminal(project, { NO_COLOR: "1", FORCE_COLOR: "" })).not.toContain("\u001B");
  });

  test("with FORCE_COLOR everywhere, with FORCE_COLOR=0 nowhere, whatever NO_COLOR says", async () => {
    await using project = await createProject();
    const stderr = async (env: Record<string, string>): Promise<string> =>
      (await hotswapWith(env, project, "bild")).stderr;
    expect(await stderr({ NO_COLOR: "", FORCE_COLOR: "" })).not.toContain("\u001B");
    expect(await stderr({ NO_COLOR: "1", FORCE_COLOR: "1" })).toContain(RED_ERROR);
    expect(await onTerminal(project, { NO_COLOR: "", FORCE_COLOR: "0" })).not.toContain("\u001B");
  });
});
