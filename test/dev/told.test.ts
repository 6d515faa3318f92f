import { rmSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { createDemo, dev, save, says } from "./demo.ts";

const file = "plugin/alpha/index.ts";
const whole = ["plugin/*"];
const manifest = '{\n  "name": "demo",\n  "type": "module"\n}\n';

describe("17.1 what is saved is live, or it is said why not", () => {
  test("after a rollback any save makes live what is on disk, also one that changes only a comment", async () => {
    await using project = await createDemo();
    await using terminal = dev(project);
    await terminal.shows(/ready/);
    save(project, file, says("alpha.2"));
    await terminal.shows(/live after/);
    terminal.type("b");
    await terminal.shows(/alpha\.1 beta\.1[^]*rolled back/);
    save(project, file, `// As it was.\n${says("alpha.2")}`);
    await terminal.shows(/alpha\.2 beta\.1/);
    await terminal.shows(/live after [\d.]+ ms: alpha: ok, and 1 unchanged/);
  });

  test("what was refused is tried again by the next save, whatever it changes", async () => {
    await using project = await createDemo({ "lucky.txt": "no" });
    await using terminal = dev(project);
    await terminal.shows(/ready/);
    const choosy = says("alpha.2").replace(
      "  functions",
      '  async onInit() {\n    if ((await Bun.file("lucky.txt").text()) === "no") throw new Error("no luck");\n  },\n  functions',
    );
    save(project, file, choosy);
    await terminal.shows(/no luck[^]*still live/);
    await project.write({ "lucky.txt": "yes" });
    save(project, file, `// Again.\n${choosy}`);
    await terminal.shows(/alpha\.2 beta\.1[^]*mended, live after/);
  });

  test("mended is what failed, and nothing else", async () => {
    await using project = await createDemo();
    await using terminal = dev(project);
    await terminal.shows(/ready/);
    terminal.type("b");
    await terminal.shows(/error: the host did not roll back: there is no earlier set/);
    terminal.type("r");
    await terminal.shows(/hotswap live in [\d.]+ ms: nothing changed/);
    save(project, file, "export default 1 +;\n");
    await terminal.shows(/error: alpha: 1 error/);
    save(project, "plugin/beta/index.ts", says("beta.2"));
    await terminal.shows(/hotswap live after [\d.]+ ms: beta: ok/);
    save(project, file, says("alpha.2"));
    await terminal.shows(/hotswap mended, live after [\d.]+ ms: alpha: ok/);
  });

  test("a plugin that was never live and is gone is told as that", async () => {
    await using project = await createDemo();
    await using terminal = dev(project, { plugins: whole });
    await terminal.shows(/ready/);
    save(project, "plugin/gamma/index.ts", "export default 1 +;\n");
    await terminal.shows(/error: gamma: 1 error[^]*still live/);
    rmSync(project.path("plugin/gamma"), { recursive: true });
    await terminal.shows(/hotswap gamma is gone; it was never live\n/);
    save(project, file, says("alpha.2"));
    await terminal.shows(/hotswap live after [\d.]+ ms: alpha: ok, and 1 unchanged/);
  });
});

describe("17.2 files that say what imports mean", () => {
  test("one that is broken is one error with its place, and mended when it is", async () => {
    await using project = await createDemo({ "package.json": manifest, "tsconfig.json": "{}\n" });
    await using terminal = dev(project, { plugins: whole, flags: ["--no-types"] });
    await terminal.shows(/ready/);
    for (const path of ["package.json", "plugin/alpha/package.json", "tsconfig.json"]) {
      save(project, path, manifest.replace('"demo",', '"demo",,'));
      const name = path.replaceAll(/[./]/g, String.raw`\$&`);
      await terminal.shows(
        new RegExp(
          String.raw`error: ${name} cannot be read: ${name}:2:18: .*\n +1 \| \{\n> 2 \|   "name": "demo",,\n +\| {18}\^\n.*\nstill live`,
        ),
      );
      save(project, path, manifest);
      await terminal.shows(new RegExp(`hotswap mended: ${name} can be read`));
    }
    expect(terminal.text.match(/error:/g)).toHaveLength(3);
  });

  test("a lock file with which other packages came is noticed", async () => {
    const versioned = (version: string): Record<string, string> => ({
      "bun.lock": `{ "packages": { "word": ["word@${version}"] } }\n`,
      "node_modules/word/package.json": JSON.stringify({ name: "word", version, main: "index.js" }),
      "node_modules/word/index.js": `export const word = "word.${version}";\n`,
    });
    await using project = await createDemo({
      "package.json": manifest,
      ...versioned("1.0.0"),
      [file]: `import { definePlugin } from "hotswap";\nimport { word } from "word";\n\nexport default definePlugin({ functions: { say: () => word } });\n`,
    });
    await using terminal = dev(project);
    await terminal.shows(/word\.1\.0\.0 beta\.1[^]*ready/);
    // As another branch does that was checked out, and the installation after it.
    await project.write(versioned("2.0.0"));
    await terminal.shows(/node_modules\/word\/\S+ changed: the host is restarted/);
    await terminal.shows(/word\.2\.0\.0 beta\.1/);
  });
});

describe("17.4 the host", () => {
  test("that a plugin's module ends is shown with its exit code, once, and waits for the next save", async () => {
    await using project = await createDemo();
    await using terminal = dev(project);
    await terminal.shows(/ready/);
    save(project, file, `process.exit(7);\n${says("alpha.2")}`);
    await terminal.shows(
      /the host ended with code 7, while it was at the evaluation of modules; it is started again by the next save, or by r/,
    );
    save(project, file, says("alpha.3"));
    await terminal.shows(/alpha\.3 beta\.1/);
    await terminal.shows(/ready/);
    expect(terminal.text.match(/ended with code/g)).toHaveLength(1);
    expect(terminal.text.match(/host started/g)).toHaveLength(2);
  });

  test("that is asked before it can answer is said to be starting", async () => {
    await using project = await createDemo();
    await using terminal = dev(project, {
      command: ["sh", "-c", "until [ -e go ]; do sleep 0.05; done; exec bun src/host.ts"],
    });
    await terminal.shows(/host started/);
    terminal.type("s");
    await terminal.shows(/hotswap the host is starting\n/);
    await project.write({ go: "" });
    await terminal.shows(/ready/);
    expect(terminal.text).not.toContain("error");
  });
});
