import { describe, expect, test } from "bun:test";
import { placeSources } from "../../src/artifact/place-sources.ts";
import { createHost } from "../support/host.ts";

const root = `import { definePlugin } from "hotswap";
import { deep } from "./lib/deep.ts";
interface Shape { size: number }
export default definePlugin({
  functions: {
    fail(shape: Shape): void {
      throw new Error(String(shape?.size));
    },
    async failLater(): Promise<void> {
      await undefined;
      deep();
    },
    background() {
      setTimeout(() => deep(), 0);
    },
  },
});
`;
const deep = `/** Some text, so that lines differ from those of the artifact. */
export type Unused = string;

export function deep(): never { throw new Error("deep"); }
`;

describe("2.8 stack traces name the source file's real path, line and column", () => {
  test.each([
    ["bundled", false, []],
    ["minified", false, ["--minify"]],
    ["kept apart", true, []],
  ] as const)("of a plugin that is %s", async (_, apart, buildFlags) => {
    const caught = Promise.withResolvers<unknown>();
    await using host = await createHost(
      { alpha: root },
      { onPluginError: (error) => caught.resolve(error) },
      { "plugin/alpha/lib/deep.ts": deep },
      { apart },
    );
    if (buildFlags.length > 0) await host.project.build("alpha", { buildFlags: [...buildFlags] });
    await host.swapper.loadPlugins();
    const plugin = host.swapper.current?.findPlugin("alpha");
    // Code that kept its place is located by the engine, which takes a call to stand where its parentheses begin.
    const column = apart ? "" : "43";
    const folder = host.project.path("plugin/alpha");
    const sync = await Promise.try(() => plugin?.invokeFunc("fail")).catch((error: Error) => error.stack);
    expect(sync).toContain(`${folder}/index.ts:7:`);
    const late = await Promise.try(() => plugin?.invokeFunc("failLater")).catch((error: Error) => error.stack);
    expect(late).toContain(`${folder}/lib/deep.ts:4:${column}`);
    expect(late).toContain(`${folder}/index.ts:11:`);
    plugin?.invokeFunc("background");
    expect(((await caught.promise) as Error).stack).toContain(`${folder}/lib/deep.ts:4:${column}`);
  });

  test("what hotswap itself writes into a module that is kept apart leads to no other line", async () => {
    const throwing = `import { definePlugin } from "hotswap";
import { double } from "./double.ts";

interface Word {
  readonly n: number;
}

export default definePlugin({
  functions: {
    say(n: number): string {
      const word: Word = { n: double(n) };
      if (word.n > 100) throw new Error("too much for a word");
      return \`a word \${word.n}\`;
    },
    tell(): never {
      throw new RangeError("no word");
    },
  },
});
`;
    const double = "export function double(n: number): number {\n  const twice = n * 2;\n  return twice;\n}\n";
    await using host = await createHost({ alpha: throwing }, {}, { "plugin/alpha/double.ts": double }, { apart: true });
    await host.swapper.loadPlugins();
    const plugin = host.swapper.current?.findPlugin("alpha");
    const file = host.project.path("plugin/alpha/index.ts");
    const stackOf = (name: string) =>
      Promise.try(() => plugin?.invokeFunc(name, 99)).catch((error: Error) => error.stack);
    expect(await stackOf("say")).toContain(`${file}:12:`);
    expect(await stackOf("tell")).toContain(`${file}:16:`);
  });

  test("the artifact itself names them from the project's root, and does not depend on where that is", async () => {
    await using host = await createHost({ alpha: root }, {}, { "plugin/alpha/lib/deep.ts": deep });
    const text = await Bun.file(host.project.path("bin/alpha.js")).text();
    expect(text).not.toContain(host.project.root);
    const map = Buffer.from(text.slice(text.lastIndexOf("base64,") + 7), "base64").toString("utf8");
    expect(JSON.parse(map)).toMatchObject({ sources: expect.arrayContaining(["plugin/alpha/lib/deep.ts"]) });
    expect(map).not.toContain(host.project.root);
  });
});

describe("an artifact's map with absolute sources", () => {
  const artifact = (map: unknown): Buffer =>
    Buffer.from(
      `code\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}\n`,
    );
  const placed = (map: unknown): unknown => {
    const text = Buffer.from(placeSources(artifact(map), "/the/root")).toString();
    expect(text.startsWith("code\n//# sourceMappingURL=data:application/json;base64,")).toBe(true);
    return JSON.parse(Buffer.from(text.slice(text.indexOf("base64,") + 7), "base64").toString("utf8"));
  };

  test("says the same, whatever the names and however many", () => {
    for (let size = 0; size < 400; size += 7) {
      const sources = Array.from({ length: size }, (_, index) => `plugin/ünï/${"x".repeat(index % 5)}"],"${index}.ts`);
      const map = { version: 3, sources, sourcesContent: sources.map(() => "texts"), names: [], mappings: "AAAA;" };
      expect(placed(map)).toEqual({ ...map, sources: sources.map((source) => `/the/root/${source}`) });
    }
  });

  test("leaves modules alone that are no files", () => {
    const map = {
      version: 3,
      sources: ["hotswap-live:x", "../outside.ts"],
      sourcesContent: [],
      names: [],
      mappings: "",
    };
    expect(placed(map)).toMatchObject({ sources: ["hotswap-live:x", "/the/outside.ts"] });
  });

  test("is left out when there is none", () => {
    const bytes = Buffer.from("code\n");
    expect(placeSources(bytes, "/the/root")).toBe(bytes);
  });
});
