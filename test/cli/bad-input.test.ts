import { describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createProject, type Files } from "../support/project.ts";
import { hotswap } from "./run-cli.ts";

const definition = `import { definePlugin } from "hotswap";\nexport default definePlugin({});\n`;

const files: Files = {
  "plugin/alpha/index.ts": definition,
  "plugin/alpha/inside/.keep": "",
  "plugin/no-index/other.ts": definition,
  "plugin/syntax/index.ts": `${definition}export const a = {;\n`,
  "plugin/unresolved/index.ts": `${definition}import { a } from "./nowhere.ts";\nconsole.log(a);\n`,
  "plugin/twice/alpha/index.ts": definition,
  "a-file": "",
};

/** Command lines that must fail, each with what its message must say. */
const cases: [string, string[], RegExp][] = [
  ["no command", [], /^$/],
  ["an unknown command", ["bild"], /^error: unknown command bild \(did you mean "build"\?\); `hotswap --help`/],
  ["an unknown flag instead of a command", ["--halp"], /^error: unknown flag --halp/],
  ["no folders", ["build"], /^error: give the plugin's folder and the output folder\nUsage: hotswap build \[flags\]/],
  ["no output folder", ["build", "plugin/alpha"], /^error: give the plugin's folder and the output folder/],
  [
    "a missing plugin folder",
    ["build", "plugin/nowhere", "bin"],
    /^error: the plugin folder plugin\/nowhere does not exist$/m,
  ],
  ["a plugin folder that is a file", ["build", "a-file", "bin"], /^error: the plugin folder a-file is not a folder$/m],
  [
    "an output folder that is a file",
    ["build", "plugin/alpha", "a-file"],
    /^error: the output folder a-file is a file$/m,
  ],
  [
    "a plugin without index.ts",
    ["build", "plugin/no-index", "bin"],
    /^error: plugin\/no-index is not a plugin: .*add an index\.ts/,
  ],
  [
    "a syntax error",
    ["build", "plugin/syntax", "bin"],
    /^error: syntax: \d errors?\n\nplugin\/syntax\/index\.ts:3:19: .*\n.*\n.*\n> 3 \| export const a = \{;\n {4}\| +\^/,
  ],
  [
    "an import that does not resolve",
    ["build", "plugin/unresolved", "bin"],
    /^error: unresolved: 1 error\n\nplugin\/unresolved\/index\.ts:3:19: Could not resolve: "\.\/nowhere\.ts"/,
  ],
  [
    "two plugins of one name",
    ["build", "plugin/alpha", "plugin/twice/alpha", "bin"],
    /^error: plugin\/alpha and plugin\/twice\/alpha are plugins of one name/,
  ],
  ["an empty live prefix", ["build", "--livePrefix=", "plugin/alpha", "bin"], /^error: the live prefix is empty/],
  [
    "a live prefix that cannot begin a name",
    ["build", "--live-prefix", "1x", "plugin/alpha", "bin"],
    /^error: the live prefix "1x" cannot begin a name/,
  ],
  [
    "a bad --include",
    ["build", "--include", "(", "plugin/alpha", "bin"],
    /^error: --include is not a regular expression/,
  ],
  [
    "a bad --exclude",
    ["build", "--include=a", "--exclude", "*", "plugin/alpha", "bin"],
    /^error: --exclude is not a regular expression/,
  ],
  [
    "--exclude alone",
    ["build", "--exclude", "a", "plugin/alpha", "bin"],
    /^error: --exclude has no effect without --include/,
  ],
  [
    "a flag of the bundler before --",
    ["build", "--define", "A=it's", "plugin/alpha", "bin", "--minify"],
    /^error: --define is a flag of Bun's bundler, and those stand after --: hotswap build plugin\/alpha bin -- --define 'A=it'\\''s' --minify\n/,
  ],
  [
    "a flag of the bundler that no artifact can have",
    ["build", "plugin/alpha", "--outdir", "bin"],
    /^error: --outdir cannot be used for an artifact: an artifact is one file/,
  ],
  [
    "a flag of the bundler before -- of dev",
    ["dev", "plugin/alpha", "--out", "bin", "--drop", "console", "--", "bun", "host.ts"],
    /^error: --drop is a flag of Bun's bundler: give it as --build-flags='--drop console'\n/,
  ],
  [
    "an unknown flag",
    ["build", "--leaveTmps", "plugin/alpha", "bin"],
    /^error: unknown flag --leaveTmps \(did you mean "--leaveTemps"\?\)\nUsage/,
  ],
  [
    "an unknown flag in kebab case",
    ["build", "--static-linkin", "plugin/alpha", "bin"],
    /^error: unknown flag --static-linkin \(did you mean "--static-linking"\?\)/,
  ],
  ["an unknown short flag", ["build", "-x", "plugin/alpha", "bin"], /^error: unknown flag -x/],
  [
    "a negated flag that has a value",
    ["build", "--no-include", "plugin/alpha", "bin"],
    /^error: unknown flag --no-include/,
  ],
  ["a flag without its value", ["build", "plugin/alpha", "bin", "--include"], /^error: --include needs a value/],
  [
    "a flag whose value is another flag",
    ["build", "--include", "--verbose", "plugin/alpha", "bin"],
    /^error: --include needs a value/,
  ],
  [
    "a switch with a value",
    ["build", "--clean=perhaps", "plugin/alpha", "bin"],
    /^error: --clean is switched on or off, and cannot be "perhaps"/,
  ],
  [
    "a flag given twice",
    ["build", "--include=a", "--include=b", "plugin/alpha", "bin"],
    /^error: --include is given twice/,
  ],
  [
    "an unknown build flag",
    ["build", "plugin/alpha", "bin", "--", "--minfy"],
    /^error: --minfy is not a flag of Bun's bundler \(did you mean "--minify"\?\)/,
  ],
  [
    "a build flag that would break artifacts",
    ["build", "plugin/alpha", "bin", "--", "--format=cjs"],
    /^error: --format cannot be used for an artifact/,
  ],
  ["--clean alone", ["build", "--clean", "plugin/alpha", "bin"], /^error: --clean goes with --staticLinking/],
  [
    "cleaning up in a missing folder",
    ["build", "--staticLinking", "--clean", "plugin/alpha", "nowhere"],
    /^error: the output folder nowhere does not exist/,
  ],
  [
    "static linking into the plugin's folder",
    ["build", "--staticLinking", "plugin/alpha", "plugin/alpha"],
    /^error: the output folder is the plugin's own folder/,
  ],
  [
    "static linking inside the plugin's folder",
    ["build", "--staticLinking", "plugin/alpha", "plugin/alpha/inside"],
    /^error: the output folder lies in the plugin's folder/,
  ],
  [
    "static linking with build flags",
    ["build", "--staticLinking", "plugin/alpha", "plugin", "--", "--minify"],
    /^error: build flags have no effect with --staticLinking/,
  ],
  [
    "static linking with --leaveTemps",
    ["build", "--staticLinking", "--leaveTemps", "plugin/alpha", "plugin"],
    /^error: --leaveTemps has no effect with --staticLinking/,
  ],
  [
    "static linking with --no-bundle",
    ["build", "--staticLinking", "--no-bundle", "plugin/alpha", "plugin"],
    /^error: --bundle=false has no effect with --staticLinking/,
  ],
  [
    "--no-bundle with build flags",
    ["build", "--no-bundle", "plugin/alpha", "bin", "--", "--minify"],
    /^error: --minify has no effect with --bundle=false/,
  ],
];

/** The same for the other commands: what a person gives them that is something else. */
const others: [string[], RegExp][] = [
  [["vault", "plugin"], /^error: the store plugin is a folder, and only regular files are read/],
  [["verify", "bin"], /^error: say with --trust which keys are trusted\nUsage/],
  [["verify", "bin", "--trust", "nowhere"], /^error: .*nowhere/],
  [["keygen", "nowhere/x"], /^error: the key nowhere\/x\.pem cannot be written \(ENOENT/],
  [["types", "plugin/nowhere"], /^error: the plugin folder plugin\/nowhere does not exist\n/],
  [["build", "plugin/alpha", "bin", "--sign", "plugin"], /^error: .*plugin/],
  [["status", "--host", "a-file"], /^error: no host answers at .*a-file/],
  [["explain", "alpha", "1", "--host", "plugin"], /^error: no host answers at .*plugin/],
  [["dashboard", "--host", "x", "--port", "70000"], /^error: --port takes a number up to 65535, not "70000"\nUsage/],
  [["fleet", "status"], /^error: give the fleet's name with --fleet/],
  [
    ["fleet", "status", "--fleet", "f", "--store", "plugin"],
    /^error: the fleet's store .*plugin failed: unable to open/,
  ],
  [
    ["fleet", "status", "--fleet", "f", "--store", "ftp://x"],
    /^error: the fleet's store of the protocol ftp cannot be/,
  ],
  [["fleet", "dashboard", "--port", "70000", "--fleet", "f", "--store", "f.db"], /^error: --port takes a number up to/],
];

describe("9 bad input: one readable message on stderr, exit code 1, nothing left behind, an earlier artifact untouched", () => {
  test.each(cases)("%s", async (_, words, message) => {
    await using project = await createProject({ ...files, "bin/alpha.js": "an earlier artifact" });
    const before = await tree(project.root);
    const { exitCode, stdout, stderr } = await hotswap(project, ...words);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
    if (words.length > 0) expect(stdout).toBe("");
    // Messages, not stacks: nothing of ours is named in them.
    expect(stderr).not.toContain("/src/build/");
    expect(stderr).not.toContain("    at ");
    expect(await tree(project.root)).toEqual(before);
    expect(await readFile(project.path("bin/alpha.js"), "utf8")).toBe("an earlier artifact");
  });

  test.each(others)("%p", async (words, message) => {
    await using project = await createProject({ ...files, "bin/.keep": "" });
    const { exitCode, stdout, stderr } = await hotswap(project, ...words);
    expect(stderr).toMatch(message);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).not.toContain("    at ");
  });

  test.skipIf(process.platform !== "linux")("output that nobody takes is one message, too", () => {
    const full = Bun.spawnSync(["sh", "-c", `"${process.execPath}" cli/main.ts --help > /dev/full`], {
      cwd: join(import.meta.dir, "..", ".."),
    });
    expect([full.exitCode, full.stderr.toString()]).toEqual([
      1,
      "error: ENOSPC: no space left on device, write: the disk is full: make room\n",
    ]);
  });

  test("--debug adds the stack trace", async () => {
    await using project = await createProject(files);
    const { exitCode, stderr } = await hotswap(project, "build", "--debug", "plugin/nowhere", "bin");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("the plugin folder plugin/nowhere does not exist");
    expect(stderr).toContain("    at ");
  });
});

/** Every path under the project's root; links are not followed. */
async function tree(root: string): Promise<string[]> {
  const paths = await Array.fromAsync(new Bun.Glob("**").scan({ cwd: root, dot: true, onlyFiles: false }));
  return paths.toSorted();
}
