import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { dev } from "../dev/demo.ts";
import { createProject } from "../support/project.ts";
import { hotswap } from "./run-cli.ts";

function plugin(imports: string, value: string): string {
  return `import { definePlugin } from "hotswap";\n${imports}\nexport default definePlugin({ functions: { say: () => ${value} } });\n`;
}

/** Files that an artifact cannot hold: what imports them, what the files are, and how the one message begins. */
const refused: [string, Record<string, string>, RegExp][] = [
  [
    "a style sheet that imports what is not there",
    { "index.ts": plugin('import "./style.css";', "1"), "style.css": '@import "./nowhere.css";\n' },
    /^error: one: 1 error\n\nplugin\/one\/index\.ts:2:8: "\.\/style\.css" would be a file of its own beside the artifact: .*\n.*\n> 2 \| import "\.\/style\.css";\n {4}\| {8}\^+\n/,
  ],
  [
    "a style sheet by its classes",
    { "index.ts": plugin('import styles from "./a.module.css";', "styles"), "a.module.css": ".a { color: red }\n" },
    /^error: one: 1 error\n\nplugin\/one\/index\.ts:2:20: "\.\/a\.module\.css" would be a file of its own/,
  ],
  [
    "a page",
    {
      "index.ts": plugin('import page from "./page.html";', "page"),
      "page.html": '<script src="./app.ts"></script>\n',
      "app.ts": "console.log(1);\n",
    },
    /^error: one: 1 error\n\nplugin\/one\/index\.ts:2:18: "\.\/page\.html" would be a file of its own/,
  ],
  [
    "a database",
    { "index.ts": plugin('import db from "./a.db" with { type: "sqlite" };', "db.filename"), "a.db": "" },
    /^error: one: 1 error\n\nplugin\/one\/index\.ts:2:16: "\.\/a\.db" with \{ type: "sqlite" \} would be a file of its own/,
  ],
  [
    "a file with a backslash in its name",
    {
      "index.ts": plugin(String.raw`import { a } from "./b\\ck.ts";`, "a"),
      [String.raw`b\ck.ts`]: "export const a = 1;\n",
    },
    /^error: "b\\\\ck\.ts" has .*a backslash.*: rename it\n$/,
  ],
];

describe("9 files that an artifact cannot hold", () => {
  test.each(refused)("%s: one message that names the author's file", async (_, files, message) => {
    const named = Object.entries(files).map(([path, text]) => [`plugin/one/${path}`, text] as const);
    await using project = await createProject(Object.fromEntries(named));
    if ("a.db" in files) new Database(project.path("plugin/one/a.db")).close();
    const { exitCode, stdout, stderr } = await hotswap(project, "build", "plugin/one", "bin");
    expect(stderr).toMatch(message);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr.match(/^\S+:\d+:\d+: /gm)?.length ?? 1).toBe(1);
    expect(stderr).not.toMatch(/__hotswap|node_modules|    at /);
  });
});

test("import.meta.require of a plugin's file, and macros, work and say nothing", async () => {
  await using project = await createProject({
    "plugin/alpha/index.ts": plugin('const other = import.meta.require("./other.ts");', "other.a"),
    "plugin/alpha/other.ts": 'export const a = "required";\n',
    "plugin/beta/index.ts": plugin('import { now } from "./macro.ts" with { type: "macro" };', "now()"),
    "plugin/beta/macro.ts": 'export const now = () => "from a macro";\n',
    "src/host.ts": `import { PluginManagerSwapper } from "hotswap";
      const swapper = new PluginManagerSwapper("bin");
      process.on("SIGTERM", () => process.exit());
      await swapper.loadPlugins();
      console.log("host:", swapper.current?.plugins.map((each) => each.invokeFunc("say")).join(", "));
      await swapper.close();`,
  });
  const built = await hotswap(project, "build", "plugin/alpha", "plugin/beta", "bin");
  expect(built).toMatchObject({ exitCode: 0, stderr: "" });
  const alone = Bun.spawnSync([process.execPath, "src/host.ts"], { cwd: project.root });
  expect(alone.stdout.toString()).toContain("host: required, from a macro");
  await using terminal = dev(project);
  await terminal.shows(/host: required, from a macro/);
  expect(terminal.text).not.toMatch(/error|warn/i);
});
