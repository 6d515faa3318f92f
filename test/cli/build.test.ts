import { describe, expect, test } from "bun:test";
import { readdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { readArtifact } from "../../src/artifact/read-artifact.ts";
import { createProject, type Files } from "../support/project.ts";
import { hotswap, hotswapWith } from "./run-cli.ts";

const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

const definition = `import { definePlugin } from "hotswap";\nexport default definePlugin({});\n`;

const files: Files = {
  "plugin/alpha/index.ts": `${definition}import { db } from "../../db.ts";\nexport const use = () => db;\nexport function hot_x() {}`,
  "plugin/alpha/jobs.ts": "export function live_job() {}\nexport class Live_Type {}\n",
  "plugin/alpha/note.md": "note",
  "plugin/alpha/draft.md": "draft",
  "plugin/beta/index.ts": definition,
  "plugin/wrong/index.ts": "export default 5;\n",
  "db.ts": "export const db = 1;",
};

describe("9 hotswap build", () => {
  test("of what a pattern leads to: files beside the plugins are named and left out", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": definition,
      "plugin/contracts.ts": "export interface AlphaExport { one(): number }",
    });
    expect(await hotswap(project, "build", "plugin/alpha", "plugin/contracts.ts", "bin")).toEqual({
      exitCode: 0,
      stdout: `${join("bin", "alpha.js")}\n`,
      stderr: "plugin/contracts.ts is a file and no plugin folder: left out\n",
    });
    const alone = await hotswap(project, "build", "plugin/contracts.ts", "bin");
    expect(alone).toMatchObject({ exitCode: 1, stdout: "" });
  });

  test("prints the artifact's path, as the folder was written, and nothing else", async () => {
    await using project = await createProject(files);
    expect(await hotswap(project, "build", "plugin/alpha", "bin")).toEqual({
      exitCode: 0,
      stdout: `${join("bin", "alpha.js")}\n`,
      stderr: "",
    });
    const { stdout } = await hotswap(project, "build", `${project.path("plugin/alpha")}/`, project.out);
    expect(stdout).toBe(`${project.path("bin/alpha.js")}\n`);
    expect((await readArtifact(stdout.trim())).manifest.name).toBe("alpha");
  });

  test("builds several plugins at once, one line for each", async () => {
    await using project = await createProject(files);
    const { stdout, exitCode } = await hotswap(project, "build", "plugin/alpha", "plugin/beta", "bin");
    expect([exitCode, stdout]).toEqual([0, "bin/alpha.js\nbin/beta.js\n"]);
    expect((await readdir(project.out)).toSorted()).toEqual(["alpha.js", "beta.js"]);
  });

  test("builds the right ones when another one fails, and says so", async () => {
    await using project = await createProject(files);
    const outcome = await hotswap(project, "build", "plugin/alpha", "plugin/wrong", "plugin/beta", "bin");
    expect([outcome.exitCode, outcome.stdout]).toEqual([1, "bin/alpha.js\nbin/beta.js\n"]);
    expect(outcome.stderr).toStartWith(
      "error: wrong: 1 error\n\nplugin/wrong/index.ts:1:16: the default export is a number",
    );
  });

  test("-v tells live names, files, host modules, sizes and times; the path is the last line", async () => {
    await using project = await createProject(files);
    for (const flag of ["-v", "--verbose"]) {
      const { stdout, exitCode } = await hotswap(project, "build", flag, "--include", "md$", "plugin/alpha", "bin");
      expect(exitCode).toBe(0);
      for (const told of [
        /^alpha\n/,
        /artifact +bin\/alpha\.js, \d\.\d KiB/,
        /hash +[0-9a-f]{64}\n/,
        /modules +2: plugin\/alpha\/index\.ts, plugin\/alpha\/jobs\.ts\n/,
        /live functions +1: live_job \(jobs\.ts\)\n/,
        /live types +1: Live_Type \(jobs\.ts\)\n/,
        /from the host +2: \.\/db\.ts \(db\), hotswap \(definePlugin\)\n/,
        /carried files +2: draft\.md \(5 B\), note\.md \(4 B\)\n/,
        /time +\d+\.\d ms: inspect \d+\.\d ms, bundle .*link .*encode .*write/,
        /\nbin\/alpha\.js\n$/,
      ]) {
        expect(stdout).toMatch(told);
      }
    }
    expect((await hotswap(project, "build", "-v", "--include", "md$", "plugin/alpha", "bin")).stdout).toContain(
      "unchanged",
    );
  });

  test("every flag, in camel case and in kebab case", async () => {
    await using project = await createProject(files);
    const build = async (...flags: string[]) => {
      const outcome = await hotswap(project, "build", ...flags, "plugin/alpha", "bin");
      expect([outcome.exitCode, outcome.stderr]).toEqual([0, ""]);
      return outcome.stdout;
    };
    const manifest = async () => (await readArtifact(project.path("bin/alpha.js"))).manifest;
    await build("--include=md$", "--exclude", "draft");
    expect((await manifest()).assets.map(({ path }) => path)).toEqual(["note.md"]);
    for (const flag of [["--livePrefix", "hot_"], ["--live-prefix=HOT_"]]) {
      await build(...flag);
      expect((await manifest()).liveFuncs).toEqual({ hot_x: "index.ts" });
    }
    for (const flag of ["--leaveTemps", "--leave-temps"]) {
      const [temps = "", path] = (await build(flag)).split("\n");
      expect(path).toBe("bin/alpha.js");
      const dir = temps.replace("intermediate files are in ", "");
      expect(await readdir(dir)).toContain("bundle.js");
      await rm(dir, { recursive: true });
    }
    for (const flag of ["--bundle=false", "--no-bundle"]) expect(await build(flag)).toBe("bin/alpha.entry.ts\n");
    for (const flag of ["--bundle", "--bundle=true"]) expect(await build(flag)).toBe("bin/alpha.js\n");
    expect(await build("--debug")).toBe("bin/alpha.js\n");
  });

  test("what stands after -- goes to the bundler", async () => {
    await using project = await createProject(files);
    await hotswap(project, "build", "plugin/alpha", "bin", "--", "--define", "db=1", "--minify", "--sourcemap=none");
    const code = await readFile(project.path("bin/alpha.js"), "utf8");
    expect(code).not.toContain("sourceMappingURL");
    expect(code.split("\n")).toHaveLength(6);
  });

  test("warnings go to stderr and do no harm", async () => {
    await using project = await createProject({
      ...files,
      "plugin/alpha/jobs.ts": "function live_lost() {}\nlive_lost();",
    });
    const { exitCode, stdout, stderr } = await hotswap(project, "build", "plugin/alpha", "bin");
    expect([exitCode, stdout]).toEqual([0, "bin/alpha.js\n"]);
    expect(stderr).toStartWith('warning: plugin/alpha/jobs.ts:1:10: "live_lost" has a live name, but is not exported');
  });

  test("a new output folder is made", async () => {
    await using project = await createProject(files);
    expect((await hotswap(project, "build", "plugin/alpha", "made/here")).stdout).toBe("made/here/alpha.js\n");
  });
});

describe("10.1 hotswap build --staticLinking", () => {
  test("prints the generated modules; --clean removes them", async () => {
    await using project = await createProject(files);
    const link = (...words: string[]) => hotswap(project, "build", ...words);
    expect(await link("--staticLinking", "plugin/alpha", "plugin/beta", "plugin")).toEqual({
      exitCode: 0,
      stdout: "plugin/alpha.static.ts\nplugin/beta.static.ts\nplugin/index.ts\n",
      stderr: "",
    });
    expect((await link("--static-linking", "-v", "plugin/alpha", "plugin")).stdout).toMatch(
      /^alpha\n[\s\S]*live functions +1: live_job\n[\s\S]*linked plugins +2: alpha, beta\n/,
    );
    expect((await link("--static-linking", "--clean", "plugin/alpha", "plugin")).stdout).toBe(
      "removed plugin/alpha.static.ts\nplugin/index.ts\n",
    );
    expect((await link("--staticLinking", "--clean", "plugin/alpha", "plugin/beta", "plugin")).stdout).toBe(
      "there is no plugin/alpha.static.ts to remove\nremoved plugin/beta.static.ts\n",
    );
    expect((await readdir(project.path("plugin"))).toSorted()).toEqual(["alpha", "beta", "wrong"]);
  });
});

describe("9 a terminal", () => {
  /** Runs the command line on a pseudo-terminal, with everything it shows there. */
  async function onTerminal(root: string, env: Record<string, string>, ...words: string[]): Promise<string> {
    let shown = "";
    await using child = Bun.spawn([process.execPath, main, ...words], {
      cwd: root,
      env: { ...process.env, TERM: "xterm", ...env },
      terminal: { data: (_, bytes) => void (shown += Buffer.from(bytes).toString()) },
    });
    await child.exited;
    return shown;
  }

  test("gets colours, unless NO_COLOR is set or it is dumb; a pipe gets none", async () => {
    await using project = await createProject(files);
    const words = ["build", "plugin/wrong", "bin"];
    expect(await onTerminal(project.root, { NO_COLOR: "" }, ...words)).toContain("\u001B[31merror:\u001B[39m");
    expect(await onTerminal(project.root, { NO_COLOR: "1" }, ...words)).toStartWith("error: ");
    expect(await onTerminal(project.root, { NO_COLOR: "", TERM: "dumb" }, ...words)).toStartWith("error: ");
    expect((await hotswapWith({ NO_COLOR: "" }, project, ...words)).stderr).toStartWith("error: ");
  });
});

describe("9 Ctrl-C", () => {
  test("ends with exit code 130 and leaves neither temporary files nor half an artifact", async () => {
    await using project = await createProject(files);
    await hotswap(project, "build", "plugin/alpha", "bin");
    const before = await readFile(project.path("bin/alpha.js"));
    await project.write({ "plugin/alpha/more.ts": "export function live_more() {}" });
    await using child = Bun.spawn(
      [process.execPath, "--preload", join(import.meta.dir, "held-bundler.ts"), main, "build", "plugin/alpha", "bin"],
      { cwd: project.root, stdio: ["ignore", "pipe", "pipe"] },
    );
    const { value } = await child.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toBe("bundling\n");
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect(await readdir(project.out)).toEqual(["alpha.js"]);
    expect(await readFile(project.path("bin/alpha.js"))).toEqual(before);
    expect((await readdir(project.root)).toSorted()).toEqual([
      "bin",
      "db.ts",
      "node_modules",
      "package.json",
      "plugin",
    ]);
  });
});

test("9 bunx hotswap works in a project that depends on the package", async () => {
  await using project = await createProject(files);
  await project.write({ "node_modules/.bin/.keep": "" });
  await symlink("../hotswap/cli/main.ts", project.path("node_modules/.bin/hotswap"));
  const { stdout, exitCode } = Bun.spawnSync(
    [process.execPath, "x", "--no-install", "hotswap", "build", "plugin/alpha", "bin"],
    {
      cwd: project.root,
    },
  );
  expect([exitCode, stdout.toString()]).toEqual([0, "bin/alpha.js\n"]);
});
