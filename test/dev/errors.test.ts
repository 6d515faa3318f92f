import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { Child } from "../support/child.ts";
import { createDemo, dev, host, main, save, says } from "./demo.ts";
import type { OnTerminal } from "./terminal.ts";

const checkout = join(import.meta.dir, "..", "..");

/** With the logger that a swapper has by itself, and calls of a plugin all the time. */
const talkative = host
  .replace(", logger: quiet", "")
  .replace("setInterval(() => {}, 60_000)", 'setInterval(() => swapper.current?.invokeEach("tick"), 20)');

const file = "plugin/alpha/index.ts";

/** A module so long that nobody waits for its source map before it is live. */
const long = (text: string): string => `${text}export const filler = "${"long ".repeat(2000)}";\n`;

/** What was shown from the first to the second, both included; each once. */
async function between(terminal: OnTerminal, first: RegExp, last: RegExp): Promise<string[]> {
  const start = terminal.text.length;
  await terminal.shows(first);
  await terminal.shows(last);
  const text = terminal.text.slice(start);
  const [from, to] = [text.search(first), text.search(last)];
  return text.slice(from, text.indexOf("\n", to)).split("\n");
}

/** Versions of a plugin in which something goes wrong when it is built, loaded or started, with what is shown of it. */
const refused: [string, string, RegExp, RegExp][] = [
  [
    "syntax",
    says("alpha.2").replace("functions: {", "functions: {{"),
    /error: alpha: \d errors?/,
    /plugin\/alpha\/index\.ts:4:15: .*\n.*\n.*\n> 4 \| {3}functions: \{\{ say: .*\n {4}\| +\^/,
  ],
  [
    "an import that does not resolve",
    `import "./nowhere.ts";\n${says("alpha.2")}`,
    /error: alpha: 1 error/,
    /plugin\/alpha\/index\.ts:1:8: .*nowhere.*\n> 1 \| import "\.\/nowhere\.ts";\n {4}\| {8}\^+\n/,
  ],
  [
    "a module that throws",
    says("alpha.2").replace(
      "export",
      "interface Unused {}\nconst nothing: { a?: { b: 1 } } = {};\nconsole.log(nothing.a!.b);\nexport",
    ),
    /error: the reload failed: a module of "alpha" failed to evaluate: undefined is not an object.*HOTSWAP_HOOK_FAILED/,
    /plugin\/alpha\/index\.ts:5:\d+\n.*\n.*\n> 5 \| console\.log\(nothing\.a!\.b\);\n {4}\| +\^/,
  ],
  [
    "a hook that rejects",
    says("alpha.2").replace(
      "  functions",
      '  async onInit(): Promise<void> {\n    await undefined;\n    throw new Error("no luck");\n  },\n  functions',
    ),
    /error: the reload failed: onInit\(\) of "alpha" failed: no luck \(alpha, onInit, HOTSWAP_HOOK_FAILED\)/,
    /plugin\/alpha\/index\.ts:6:\d+\n.*\n.*\n> 6 \| {5}throw new Error\("no luck"\);\n {4}\| +\^/,
  ],
];

/** The same for what goes wrong later. */
const later: [string, string, RegExp, RegExp][] = [
  [
    "a call",
    says("alpha.2").replace(
      "functions: {",
      'functions: {\n    tick(): never {\n      throw new RangeError("bad call");\n    },\n   ',
    ),
    /error in alpha, a call of tick\(\): RangeError: bad call/,
    /plugin\/alpha\/index\.ts:6:\d+\n.*\n.*\n> 6 \| {7}throw new RangeError\("bad call"\);\n {4}\| +\^/,
  ],
  [
    "a rejection in the background",
    says("alpha.2").replace(
      "  functions",
      '  onInit() {\n    void Promise.reject(new Error("late"));\n  },\n  functions',
    ),
    /error in alpha, a rejection that nobody handled: Error: late/,
    /plugin\/alpha\/index\.ts:5:\d+\n.*\n.*\n> 5 \| {5}void Promise\.reject\(new Error\("late"\)\);\n {4}\| +\^/,
  ],
];

describe("17 errors under hotswap dev: once, with the author's own source", () => {
  test("what cannot be built, loaded or started, and what is live all the same; then what mends it", async () => {
    await using project = await createDemo({ "src/host.ts": talkative });
    await using terminal = dev(project);
    await terminal.shows(/ready: 2 plugins live/);
    let reloads = 0;
    for (const [, text, problem, frame] of refused) {
      save(project, file, long(text));
      const still = reloads === 0 ? "as first loaded" : `as of reload ${reloads}`;
      const lines = await between(terminal, problem, new RegExp(`still live: 2 plugins, ${still}`));
      expect(lines.length).toBeLessThanOrEqual(15);
      expect(lines.join("\n")).toMatch(frame);
      save(project, file, long(says(`alpha.${++reloads}0`)));
      await terminal.shows(/mended, live after [\d.]+ ms: alpha: ok/);
    }
    for (const [, , problem] of refused.slice(2)) expect(terminal.text.match(new RegExp(problem, "g"))).toHaveLength(1);
    expect(terminal.text).not.toMatch(/\(function|__hotswap__|src\/(?:load|generation|reload)\//);
  });

  test.each(later)("what fails later: %s", async (_, text, problem, frame) => {
    await using project = await createDemo({ "src/host.ts": talkative });
    await using terminal = dev(project);
    await terminal.shows(/ready: 2 plugins live/);
    save(project, file, long(text));
    const found = await terminal.shows(new RegExp(`${problem.source}\n(?:.*\n){4,6}`));
    expect(found[0]).toMatch(frame);
    if (problem.source.includes("call")) await terminal.shows(new RegExp(`${problem.source} \\(\\d\\d times\\)\n`));
    save(project, file, long(says("alpha.3")));
    await terminal.shows(/alpha\.3 beta\.1/);
    await terminal.shows(/live after/);
    expect(terminal.text.match(new RegExp(`${problem.source}$`, "gm"))).toHaveLength(1);
    expect(terminal.text).not.toMatch(/\(function|__hotswap__|src\/(?:load|generation|reload|link)\//);
  });

  test("onInit that throws at the first start: what it is once, and nothing of hotswap's own source", async () => {
    await using project = await createDemo({
      "src/host.ts": talkative,
      [file]: long(
        says("alpha.1").replace(
          "  functions",
          '  onInit() {\n    throw new Error("no luck at first");\n  },\n  functions',
        ),
      ),
    });
    await using terminal = dev(project);
    await terminal.shows(/error: the first load failed: onInit\(\) of "alpha" failed: no luck at first/);
    await terminal.shows(/plugin\/alpha\/index\.ts:5:\d+\n.*\n.*\n> 5 \| {5}throw new Error/);
    await terminal.shows(/the host ended with code 1; it is started again by the next save, or by r/);
    expect(terminal.text.match(/no luck at first/g)).toHaveLength(2);
    expect(terminal.text).not.toMatch(/src\/(?:load|generation|reload)\//);
    expect(terminal.text.trimEnd().split("\n").length).toBeLessThan(20);
    save(project, file, says("alpha.2"));
    await terminal.shows(/mended, ready: 2 plugins live/);
  });

  test("what a request's function throws is shown once, by Bun, unless the host answers it", async () => {
    const serving = talkative.replace(
      "await swapper.loadPlugins();",
      `await swapper.loadPlugins();
      const { serve } = await import("hotswap");
      const routes = { "/now": "alpha.now", "/later": "alpha.later", "/other": "alpha.other" };
      const here = { hostname: "127.0.0.1", port: 0, routes };
      const [plain, answering] = [serve(swapper, here), serve(swapper, { ...here, error: () => new Response("sorry") })];
      const ask = (server, path) => fetch(new URL(path, server.url)).then((response) => response.status);
      console.log("asked:", await ask(plain, "/now"), await ask(plain, "/later"), await ask(answering, "/other"));`,
    );
    await using project = await createDemo({
      "src/host.ts": serving,
      [file]: says("alpha.1").replace(
        "functions: {",
        `functions: {
          now: (): never => { throw new RangeError("now"); },
          other: (): never => { throw new RangeError("other"); },
          later: async (): Promise<never> => { await 1; throw new RangeError("later"); },`,
      ),
    });
    await using terminal = dev(project);
    await terminal.shows(/asked: 500 500 200/);
    await terminal.shows(/hotswap error in alpha, a call of other\(\): RangeError: other\n/);
    save(project, "plugin/beta/index.ts", says("beta.2"));
    await terminal.shows(/live after/);
    expect(terminal.text.match(/RangeError: (?:now|later|other)$/gm)).toHaveLength(3);
    expect(terminal.text.match(/hotswap error/g)).toHaveLength(1);
  });

  test("r tries again what could not be built", async () => {
    await using project = await createDemo();
    await using terminal = dev(project);
    await terminal.shows(/ready: 2 plugins live/);
    save(project, file, "export default 1 +;\n");
    await terminal.shows(/error: alpha: \d error[^]*still live: 2 plugins/);
    terminal.type("r");
    await terminal.shows(/error: alpha: \d error[^]*still live: 2 plugins/);
  });
});

describe("17.4 types", () => {
  const tsconfig = JSON.stringify({
    compilerOptions: {
      strict: true,
      skipLibCheck: true,
      module: "preserve",
      target: "esnext",
      types: [],
      lib: ["esnext"],
    },
    files: ["plugin/alpha/words.ts"],
  });
  const files = {
    "tsconfig.json": tsconfig,
    "plugin/alpha/words.ts": 'export const word: string = "one";\n',
    [file]: `import { definePlugin } from "hotswap";\nimport { word } from "./words.ts";\nexport default definePlugin({ functions: { say: () => word } });\n`,
  };

  test("are checked by the project's own TypeScript when what was saved is live, and mended", async () => {
    await using project = await createDemo(files);
    mkdirSync(project.path("node_modules"), { recursive: true });
    symlinkSync(join(checkout, "node_modules", "typescript"), project.path("node_modules", "typescript"));
    await using terminal = dev(project);
    await terminal.shows(/ready/);
    save(project, "plugin/alpha/words.ts", "// A number.\nexport const word: string = 2;\n");
    await terminal.shows(/live after/);
    const [found] = await terminal.shows(/types: 1 error\n(?:.*\n){5}/);
    expect(found).toMatch(
      /\nplugin\/alpha\/words\.ts:2:14: TS2322: Type 'number' is not assignable to type 'string'\.\n {2}1 \| .*\n> 2 \| export const word: string = 2;\n {4}\| {14}\^/,
    );
    save(project, "plugin/alpha/words.ts", 'export const word: string = "three";\n');
    await terminal.shows(/live after/);
    await terminal.shows(/types mended/);
    // What was broken meanwhile is checked again when it is what is live.
    save(project, "plugin/alpha/words.ts", "export const word: string = 3;\n");
    await terminal.shows(/live after[^]*types: 1 error/);
    save(project, "plugin/alpha/words.ts", "export const word: string = ;\n");
    await terminal.shows(/error: alpha: 1 error/);
    save(project, "plugin/alpha/words.ts", "export const word = 3;\n");
    await terminal.shows(/mended[^]*types mended/);
  });

  test("are not checked with --no-types", async () => {
    await using project = await createDemo({ ...files, "plugin/alpha/words.ts": "export const word: string = 2;\n" });
    mkdirSync(project.path("node_modules"), { recursive: true });
    symlinkSync(join(checkout, "node_modules", "typescript"), project.path("node_modules", "typescript"));
    await using terminal = dev(project, { flags: ["--no-types"] });
    await terminal.shows(/ready/);
    // A project in which they are checked says so before its host has answered to two more saves.
    for (const word of ["two", "three"]) {
      save(project, "plugin/beta/index.ts", says(word));
      await terminal.shows(/live after/);
    }
    terminal.type("s");
    await terminal.shows(/alpha +#1/);
    expect(terminal.text).not.toContain("types");
  });
});

describe("17.4 nothing is advertised that the terminal cannot do", () => {
  test("h lists the keys; c clears, o opens the dashboard, R restarts", async () => {
    await using project = await createDemo();
    await using terminal = dev(project);
    const [, pid] = await terminal.shows(/host: hello (\d+)/);
    await terminal.shows(/ready: 2 plugins live; h lists the keys, q quits/);
    terminal.type("h");
    await terminal.shows(/keys:\n {2}r {2}reload.*\n {2}R {2}restart.*\n(?:.*\n){5} {2}q {2}quit\n/);
    terminal.type("o");
    const [, url = ""] = await terminal.shows(/dashboard: (http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)/);
    const page = await fetch(url);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    terminal.type("c");
    terminal.type("R");
    const [, next] = await terminal.shows(/host: hello (\d+) alpha\.1/);
    expect(next).not.toBe(pid);
    expect(terminal.raw).toContain("\u001B[2J");
  });

  test("without a terminal no key is named, and each reload is told in one line", async () => {
    await using project = await createDemo({ "src/host.ts": talkative });
    const words = ["dev", "plugin/alpha", "plugin/beta", "--out", "bin", "--", process.execPath, "src/host.ts"];
    await using child = new Child([process.execPath, main, ...words], { cwd: project.root });
    await child.errorLine(/^hotswap ready: 2 plugins live$/);
    save(project, file, says("alpha.2"));
    await child.line(/alpha\.2/);
    await child.errorLine(/^hotswap live after [\d.]+ ms: alpha: ok, and 1 unchanged$/);
    child.kill("SIGTERM");
    await child.exit();
    expect(child.stderr.split("\n").filter((line) => line.includes("alpha: ok"))).toHaveLength(1);
    expect(child.stderr).not.toMatch(/\bquit|\bby r\b|\bkeys?\b/);
    expect(child.stdout).not.toMatch(/hotswap|reloaded/);
  });

  test("a command that is not there ends it at once", async () => {
    await using project = await createDemo();
    const words = ["dev", "plugin/alpha", "--out", "bin", "--", "nosuchcmd"];
    await using child = new Child([process.execPath, main, ...words], { cwd: project.root });
    expect(await child.exit()).toBe(1);
    expect(child.stderr).toMatch(/^error: .*nosuchcmd/m);
    expect(child.stderr).not.toContain("    at ");
  });
});
