import { existsSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { createDemo, dev, host, save, says } from "./demo.ts";
import { ended } from "./terminal.ts";

const file = "plugin/alpha/index.ts";

describe("17.1 an error is said once, with the place where it is", () => {
  test("what code that was replaced goes on throwing is not said again with lines of the new code", async () => {
    await using project = await createDemo({ "src/host.ts": host.replace("freeDelay: 0", "freeDelay: 60_000") });
    await using terminal = dev(project, { flags: ["--no-types"] });
    await terminal.shows(/ready/);
    save(
      project,
      file,
      `let n = 0;\nsetInterval(() => {\n  if (n++ < 5000) throw new Error("old");\n}, 1);\n${says("alpha.2")}`,
    );
    await terminal.shows(/error in alpha, background work: Error: old\n.*:3:\d+\n[^]*> 3 \|/);
    save(project, file, says("alpha.3"));
    await terminal.shows(/alpha\.3 beta\.1/);
    const before = terminal.text.length;
    save(project, "plugin/beta/index.ts", `setInterval(() => {\n  throw new Error("new");\n}, 1);\n${says("beta.2")}`);
    // Errors that are alike are counted for a while before they are told.
    await terminal.shows(/error in beta, background work: Error: new \(\d+ times\)/);
    expect(terminal.text.slice(before)).not.toContain("Error: old");
  });

  test("a module that throws at its end, with only a word or two in it, has its place", async () => {
    await using project = await createDemo();
    await using terminal = dev(project, { flags: ["--no-types"] });
    await terminal.shows(/ready/);
    save(
      project,
      file,
      says("alpha.2").replace("\n\n", '\nthrow new Error("outer", { cause: new TypeError("inner") });\n'),
    );
    await terminal.shows(/failed to evaluate: outer .*\nplugin\/alpha\/index\.ts:2:\d+\n[^]*> 2 \| throw new Error/);
    save(project, file, says("alpha.3").replace("\n\n", '\n\nthrow new AggregateError([new Error("one")], "many");\n'));
    await terminal.shows(/failed to evaluate: many .*\nplugin\/alpha\/index\.ts:3:\d+\n[^]*> 3 \| throw new Aggregate/);
  });
});

describe("17.4 a terminal", () => {
  test("that is asked twice to end waits for its host no longer", async () => {
    await using project = await createDemo({
      "src/host.ts": host.replace("process.exit()", 'console.log("not yet")'),
    });
    await using terminal = dev(project, { flags: ["--no-types"] });
    await terminal.shows(/ready/);
    const startedAt = performance.now();
    terminal.type("q");
    await terminal.shows(/not yet/);
    await terminal.shows(/the host is still ending; it is killed in some seconds, or by Ctrl-C/);
    terminal.kill("SIGINT");
    expect(await terminal.exited).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test("that is gone ends what was started on it", async () => {
    await using project = await createDemo();
    const terminal = dev(project, { flags: ["--no-types"] });
    const [, pid] = await terminal.shows(/host started, process (\d+)/);
    await terminal.shows(/ready/);
    terminal.hangUp();
    expect(await terminal.exited).toBe(129);
    await ended(Number(pid));
  });
});

describe("17.4 types", () => {
  const tsc = (text: string): string =>
    `console.log(${JSON.stringify(text)});\nprocess.exit(${text === "" ? 0 : 2});\n`;
  const typescript = {
    "tsconfig.json": "{}\n",
    "package.json": '{ "name": "demo" }\n',
    "node_modules/typescript/package.json": '{ "name": "typescript", "version": "1.0.0" }\n',
  };
  const wrong = "plugin/alpha/index.ts(1,1): error TS7016: no types for it";

  test("are checked again when packages or settings change", async () => {
    await using project = await createDemo({ ...typescript, "node_modules/typescript/bin/tsc": tsc(wrong) });
    await using terminal = dev(project);
    await terminal.shows(/types: 1 error\n\n.*TS7016/);
    save(project, "node_modules/typescript/bin/tsc", tsc(""));
    save(project, "package.json", '{ "name": "demo", "dependencies": { "@types/it": "1" } }\n');
    await terminal.shows(/hotswap types mended/);
    save(project, "node_modules/typescript/bin/tsc", tsc(wrong));
    save(project, "tsconfig.json", '{ "compilerOptions": { "strict": true } }\n');
    await terminal.shows(/types: 1 error\n\n.*TS7016/);
  });

  test("are not said to be mended by a check that could not run", async () => {
    await using project = await createDemo({ ...typescript, "node_modules/typescript/bin/tsc": tsc(wrong) });
    await using terminal = dev(project);
    await terminal.shows(/types: 1 error/);
    save(project, "node_modules/typescript/bin/tsc", `require("fs").writeFileSync("ran", "");\nprocess.exit(1);\n`);
    save(project, file, says("alpha.2"));
    await terminal.shows(/live after/);
    while (!existsSync(project.path("ran"))) await Bun.sleep(5);
    save(project, "node_modules/typescript/bin/tsc", tsc(`${wrong}, really`));
    save(project, file, says("alpha.3"));
    await terminal.shows(/types: 1 error\n\n.*really/);
    expect(terminal.text).not.toContain("mended");
  });
});
