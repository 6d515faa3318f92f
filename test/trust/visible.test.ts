import { describe, expect, test } from "bun:test";
import { sqliteStore } from "hotswap";
import { visible, visibleError } from "../../src/visible.ts";
import { hotswap } from "../cli/run-cli.ts";
import { createHost } from "../support/host.ts";
import { createProject } from "../support/project.ts";

/** Sets a title, clears the screen, hides what follows, and turns the direction of text. */
const attack = "\u001B]0;owned\u0007\u001B[2J\u001B[8m\u009B31m\u202Eevil\r";
// oxlint-disable-next-line no-control-regex
const acting = /[\0-\x08\x0B-\x1F\x7F-\x9F\u202A-\u202E]/;

describe("characters that act on what shows them", () => {
  test("are written as escapes, which JSON takes for the same text", () => {
    expect(visible(attack)).toBe(String.raw`\u001b]0;owned\u0007\u001b[2J\u001b[8m\u009b31m\u202eevil\u000d`);
    expect(visible("two\nlines\tand ünïcödé 漢字 👍🏽")).toBe("two\nlines\tand ünïcödé 漢字 👍🏽");
    expect(JSON.parse(visible(JSON.stringify({ key: attack })))).toEqual({ key: attack });
  });

  test("an error that shows nothing of them is handed on as it is", () => {
    const plain = new TypeError("plain");
    expect(visibleError(plain)).toBe(plain);
    const shown = visibleError(new TypeError(attack));
    expect(`${shown.name} ${shown.message} ${shown.stack ?? ""}`).not.toMatch(acting);
    expect(shown.name).toBe("TypeError");
  });

  test("reach no log, neither in messages nor in the errors beside them", async () => {
    const seen: unknown[] = [];
    const record = (...all: unknown[]): void => void seen.push(...all);
    await using host = await createHost(
      {
        alpha: `import { definePlugin } from "hotswap"; export default definePlugin({
          functions: { fail() { throw new Error(${JSON.stringify(attack)}); } } });`,
      },
      { logger: { debug: record, info: record, warn: record, error: record } },
    );
    await host.swapper.loadPlugins();
    host.swapper.current?.invokeEach("fail");
    const texts = seen.map((each) => (each instanceof Error ? `${each.message}${each.stack}` : String(each)));
    expect(texts.join("\n")).toContain("evil");
    expect(texts.join("\n")).not.toMatch(acting);
  });

  test("reach no terminal from error messages of a host, keys of a vault, or names of files", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": `import { definePlugin } from "hotswap"; export default definePlugin({});`,
    });
    const store = sqliteStore(project.path("bag.db"));
    await Array.fromAsync(store.load());
    await store.write([[`data:${attack}`, `{"v":1,"d":${JSON.stringify(attack)}}`]]);
    await store.close();
    for (const words of [
      ["vault", "bag.db"],
      ["vault", "bag.db", attack],
      ["build", `plugin/${attack}`, "bin"],
      ["verify", attack, "--trust", attack],
      ["status", "--host", `/tmp/${attack}`],
      [attack],
    ]) {
      const { stdout, stderr } = await hotswap(project, ...words);
      expect(stdout + stderr).not.toBe("");
      expect(stdout + stderr).not.toMatch(acting);
    }
  });
});
