import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { createDemo, dev, save } from "./demo.ts";

/** `beta` says what `alpha` gives it. */
const alpha = (word: string): string => `import { definePlugin } from "hotswap";
  const word: string = "${word}";
  export default definePlugin({ export: () => ({ word: () => word }), functions: { say: () => "" } });\n`;

const beta = `import { definePlugin, dependency } from "hotswap";
  const deps = { alpha: dependency<{ word(): string }>() };
  export default definePlugin({ import: () => deps, functions: { say: () => "from " + deps.alpha.word() } });\n`;

const failing = alpha("alpha.3").replace("export:", 'onLoad() { throw new Error("no luck"); }, export:');

describe("3 what is built in the host's process is reloaded as a transaction", () => {
  for (const [how, flags] of [
    ["modules kept apart", []],
    ["bundled in memory", ["--build-flags=--minify"]],
  ] as const) {
    test(`dependents follow, a reload that fails changes nothing, and one can go back: ${how}`, async () => {
      await using project = await createDemo({
        "plugin/alpha/index.ts": alpha("alpha.1"),
        "plugin/beta/index.ts": beta,
      });
      await using terminal = dev(project, { plugins: ["plugin/*"], flags });
      await terminal.shows(/host: hello \d+ {2}from alpha\.1[^]*ready/);
      save(project, "plugin/alpha/index.ts", alpha("alpha.2"));
      await terminal.shows(/from alpha\.2[^]*live after [\d.]+ ms: alpha: ok, beta: relinked/);
      save(project, "plugin/alpha/index.ts", failing);
      await terminal.shows(/from alpha\.2[^]*the reload failed: .*no luck[^]*still live/);
      terminal.type("b");
      await terminal.shows(/from alpha\.1[^]*rolled back in [\d.]+ ms: alpha: ok, beta: relinked/);
      save(project, "plugin/alpha/index.ts", alpha("alpha.4"));
      await terminal.shows(/from alpha\.4[^]*live after [\d.]+ ms: alpha: ok, beta: relinked/);
      terminal.type("b");
      await terminal.shows(/from alpha\.1[^]*rolled back/);
      expect(readdirSync(project.out)).toEqual([]);
    });
  }
});
