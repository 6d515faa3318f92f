import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { translateBundlerFlags } from "../../src/build/bundler-flags.ts";
import { HotswapError } from "../../src/errors.ts";
import { createProject, type Files } from "../support/project.ts";
import { complaints } from "./support/build-failure.ts";
import { runArtifact } from "./support/run-artifact.ts";

const definition = `import { definePlugin } from "hotswap";\nexport default definePlugin({});\n`;

/** What a plugin with this root module and these flags exports, and its code. */
async function built(code: string, flags: readonly string[], files: Files = {}) {
  await using project = await createProject({ "plugin/alpha/index.ts": definition + code });
  await project.write(files);
  const result = await project.build("alpha", { buildFlags: flags });
  using running = await runArtifact(project, result);
  const text = await Bun.file(result.file).text();
  const [code_ = "", map] = text.split("//# sourceMappingURL");
  return { exports: { ...running.exports }, code: code_, map, manifest: result.manifest };
}

function refusal(...flags: string[]): string {
  try {
    translateBundlerFlags(flags);
  } catch (error) {
    if (error instanceof HotswapError && error.code === "HOTSWAP_BUILD_FAILED") return error.message;
  }
  throw new Error(`${flags.join(" ")} was accepted`);
}

const bunTypes = join(import.meta.dir, "../../node_modules/bun-types");

const long = "export function somethingLong(firstParameter: number) {\n  return true ? firstParameter + 1 : 0;\n}";

describe("9 flags of Bun's bundler after --", () => {
  test("--minify and its three parts", async () => {
    const plain = await built(long, []);
    expect(plain.code).toContain("function somethingLong(firstParameter) {\n");
    const all = await built(long, ["--minify"]);
    expect(all.code).not.toContain("firstParameter");
    expect(all.code.length).toBeLessThan(plain.code.length);
    expect((all.exports["somethingLong"] as (n: number) => number)(1)).toBe(2);
    expect((await built(long, ["--minify-identifiers"])).code).not.toContain("firstParameter");
    expect((await built(long, ["--minify-whitespace"])).code).toContain("function somethingLong(firstParameter){");
    expect((await built(long, ["--minify-syntax"])).code).not.toContain("true");
    expect((await built(long, ["--minify", "--minify-identifiers=false"])).code).toContain("firstParameter");
  });

  test("--define, as one word or two, and -d", async () => {
    const code =
      "declare const MARK: string, LEVEL: number;\nexport const mark = MARK, level = LEVEL, mode = process.env.NODE_ENV;";
    const flags = ["--define", 'MARK="v2"', "--define=LEVEL=3", "-d", 'process.env.NODE_ENV="fixed"'];
    expect((await built(code, flags)).exports).toMatchObject({ mark: "v2", level: 3, mode: "fixed" });
  });

  test("--drop", async () => {
    const code = "export const a = () => console.debug(a);";
    expect((await built(code, [])).code).toContain("console.debug");
    expect((await built(code, ["--drop", "console"])).code).not.toContain("console");
    expect((await built(code, ["--drop=debugger", "--drop=console"])).code).not.toContain("console");
  });

  test("--sourcemap", async () => {
    const texts = async (flags: string[]): Promise<unknown> => {
      const { map = "" } = await built("export const a = 1;", flags);
      const json = Buffer.from(map.slice(map.indexOf("base64,") + "base64,".length), "base64").toString();
      return (JSON.parse(json) as { sourcesContent: string[] }).sourcesContent.some((text) => text.includes("const a"));
    };
    expect(await texts([])).toBe(false);
    expect([await texts(["--sourcemap"]), await texts(["--sourcemap=inline"])]).toEqual([true, true]);
    expect((await built("", ["--sourcemap=none"])).map).toBeUndefined();
    expect(refusal("--sourcemap=linked")).toBe(
      '--sourcemap: cannot be "linked": an artifact is one file; use "inline" (with the texts of the sources) or "none"',
    );
    expect(refusal("--sourcemap=external")).toContain("an artifact is one file");
  });

  test("--packages=bundle takes packages into the artifact, --external leaves some to the host", async () => {
    const files = {
      "node_modules/one/package.json": `{ "name": "one", "main": "index.js" }`,
      "node_modules/one/index.js": `import two from "two/part"; export default { one: 1, two };`,
      "node_modules/two/package.json": `{ "name": "two" }`,
      "node_modules/two/part.js": "export default 2;",
      "plugin/alpha/node_modules/own/package.json": `{ "name": "own", "main": "index.js" }`,
      "plugin/alpha/node_modules/own/index.js": "export default 3;",
      "node_modules/own/package.json": `{ "name": "own", "main": "index.js" }`,
      "node_modules/own/index.js": "export default 4;",
    };
    const code = `import one from "one";\nimport own from "own";\nexport { one, own };`;
    const specifiers = async (...flags: string[]) => {
      const { manifest, exports } = await built(code, flags, files);
      return [manifest.hostModules.map(({ specifier }) => specifier), exports["own"]];
    };
    expect(await specifiers()).toEqual([["hotswap", "one"], 3]);
    expect(await specifiers("--packages=bundle")).toEqual([["hotswap"], 3]);
    expect(await specifiers("--packages", "bundle", "--external", "two")).toEqual([["hotswap", "two/part"], 3]);
    expect(await specifiers("--packages=bundle", "-e", "o*")).toEqual([["hotswap", "one", "own"], 3]);
    expect(await specifiers("--packages=external")).toEqual([["hotswap", "one", "own"], 3]);
  });

  test("--conditions", async () => {
    const files = {
      "plugin/alpha/node_modules/many/package.json": `{ "name": "many", "exports": { "special": "./special.js", "default": "./plain.js" } }`,
      "plugin/alpha/node_modules/many/plain.js": `export default "plain";`,
      "plugin/alpha/node_modules/many/special.js": `export default "special";`,
    };
    const code = `import many from "many";\nexport { many };`;
    expect((await built(code, [], files)).exports["many"]).toBe("plain");
    expect((await built(code, ["--conditions", "special"], files)).exports["many"]).toBe("special");
  });

  test("--env", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": `${definition}export const word = process.env.HOTSWAP_TEST_WORD;`,
    });
    const inlines = async (...flags: string[]): Promise<boolean> => {
      const main = join(import.meta.dir, "../../cli/main.ts");
      const { stdout } = Bun.spawnSync([process.execPath, main, "build", "plugin/alpha", "bin", "--", ...flags], {
        cwd: project.root,
        // The bundler takes the environment as it was when its process began.
        env: { ...process.env, HOTSWAP_TEST_WORD: "inlined" },
      });
      return (await Bun.file(project.path(stdout.toString().trim())).text()).includes('"inlined"');
    };
    expect(await inlines("--env=HOTSWAP_TEST_*")).toBe(true);
    expect(await inlines("--env", "inline")).toBe(true);
    expect(await inlines("--env=disable")).toBe(false);
    expect(await inlines()).toBe(false);
  });

  test("--loader", async () => {
    const files = { "plugin/alpha/words.list": "a b c" };
    const code = `import words from "./words.list";\nexport { words };`;
    expect((await built(code, ["--loader", ".list:text"], files)).exports["words"]).toBe("a b c");
    expect((await built(code, ["-l", ".list:text"], files)).exports["words"]).toBe("a b c");
  });

  test("--jsx-runtime, --jsx-factory, --jsx-fragment, --jsx-import-source, --jsx-side-effects", async () => {
    const jsx = (flags: string[], helper: string) =>
      built(`export { tree } from "./tree.tsx";`, flags, {
        "plugin/alpha/tree.tsx": `${helper}\nexport const tree = <><b>1</b></>;`,
        "node_modules/ui/package.json": `{ "name": "ui", "exports": { "./jsx-runtime": "./runtime.js" } }`,
        "node_modules/ui/runtime.js": `export const jsx = (type) => ["ui", type]; export const jsxs = jsx; export const Fragment = "f";`,
      });
    const classic = await jsx(
      ["--jsx-runtime=classic", "--jsx-factory", "make", "--jsx-fragment=part"],
      "const part = 'part', make = (...all: unknown[]) => all;",
    );
    expect(classic.exports["tree"]).toEqual(["part", null, ["b", null, "1"]]);
    const automatic = await jsx(["--jsx-runtime", "automatic", "--jsx-import-source=ui"], "");
    expect(automatic.exports["tree"]).toEqual(["ui", "f"]);
    expect(automatic.manifest.hostModules.map(({ specifier }) => specifier)).toContain("ui/jsx-runtime");
    const dropped = "const make = () => 0;\n<i/>;";
    const classicFlags = ["--jsx-runtime=classic", "--jsx-factory=make", "--jsx-fragment=make"];
    expect((await jsx(classicFlags, dropped)).code).not.toContain('make("i"');
    expect((await jsx([...classicFlags, "--jsx-side-effects"], dropped)).code).toContain('make("i"');
  });

  test("--banner and --footer", async () => {
    const { code, exports } = await built("export const a = 1;", ["--banner", "/* first */", "--footer=/* last */"]);
    expect(code).toMatch(/first[\s\S]*a = 1[\s\S]*last/);
    expect(exports["a"]).toBe(1);
  });

  test("--check finds type errors, also in files of the plugin that the root module imports", async () => {
    await using project = await createProject({
      "tsconfig.json": `{ "compilerOptions": { "strict": true, "module": "preserve", "noEmit": true, "allowImportingTsExtensions": true, "skipLibCheck": true, "lib": ["esnext"], "target": "esnext", "types": ["${bunTypes}"] } }`,
      "plugin/alpha/index.ts": `export { word } from "./word.ts";\n${definition}`,
      "plugin/alpha/word.ts": "export const word: number = 'text';\n",
    });
    await project.build("alpha");
    const found = await complaints(project, "alpha", { buildFlags: ["--check"] });
    // The package is its source: what is wrong there is found, too.
    expect(found.filter((complaint) => complaint.startsWith("plugin/"))).toEqual([
      expect.stringMatching(/^plugin\/alpha\/word\.ts:1:14 TS2322/),
    ]);
  });

  test("--feature", async () => {
    const code = `import { feature } from "bun:bundle";\nexport const on = feature("NEW") ? "new" : "old";`;
    expect((await built(code, [])).exports["on"]).toBe("old");
    expect((await built(code, ["--feature", "NEW"])).exports["on"]).toBe("new");
  });

  test("--tsconfig-override", async () => {
    const files = {
      "other.json": `{ "compilerOptions": { "paths": { "@own/*": ["./plugin/alpha/*"] } } }`,
      "plugin/alpha/part.ts": "export const part = 1;",
    };
    await using project = await createProject({
      "plugin/alpha/index.ts": `import { part } from "@own/part";\nexport { part };\n${definition}`,
      ...files,
    });
    expect(await complaints(project, "alpha")).toHaveLength(1);
    const flags = [`--tsconfig-override=${project.path("other.json")}`];
    using running = await runArtifact(project, await project.build("alpha", { buildFlags: flags }));
    expect(running.exports["part"]).toBe(1);
  });

  test("--reject-unresolved and --allow-unresolved", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": `${definition}export const load = (name: string) => import(name);`,
    });
    await project.build("alpha");
    expect(await complaints(project, "alpha", { buildFlags: ["--reject-unresolved"] })).toHaveLength(1);
    await project.build("alpha", { buildFlags: ["--reject-unresolved", "--allow-unresolved=<empty>"] });
  });

  test("--ignore-dce-annotations and --emit-dce-annotations", async () => {
    const code = "const make = () => globalThis;\n/* @__PURE__ */ make();\nexport const a = /* @__PURE__ */ make();";
    expect((await built(code, [])).code.match(/make\(\)/g)).toHaveLength(1);
    expect((await built(code, ["--ignore-dce-annotations"])).code.match(/make\(\)/g)).toHaveLength(2);
    expect((await built(code, ["--minify-whitespace"])).code).not.toContain("PURE");
    expect((await built(code, ["--minify-whitespace", "--emit-dce-annotations"])).code).toContain("PURE");
  });

  test("--react-compiler", async () => {
    const tsx = "export function View({ a }: { a: number[] }) { const list = a.map((n) => n * 2); return { list }; }";
    const files = { "plugin/alpha/view.tsx": tsx };
    const view = (flags: string[]) => translateBundlerFlags(flags).config.reactCompiler;
    expect([view([]), view(["--react-compiler"]), view(["--react-compiler=false"])]).toEqual([undefined, true, false]);
    const { exports } = await built(`export { View } from "./view.tsx";`, ["--react-compiler"], files);
    expect(exports["View"]).toBeFunction();
  });
});

describe("9 flags that cannot be used are errors that say why", () => {
  test("an unknown one, with a suggestion", () => {
    expect(refusal("--minfy")).toBe('--minfy is not a flag of Bun\'s bundler (did you mean "--minify"?)');
    expect(refusal("--nothing-like-it")).toBe("--nothing-like-it is not a flag of Bun's bundler");
    expect(refusal("-x")).toContain("-x is not a flag");
    expect(refusal("plugin/alpha")).toContain("the folders stand before it");
  });

  test.each([
    ["--format=cjs", "an artifact is an ES module for Bun"],
    ["--target=node", "an artifact is an ES module for Bun"],
    ["--outdir=x", "an artifact is one file"],
    ["--outfile", "an artifact is one file"],
    ["--splitting", "an artifact is one file"],
    ["--entry-naming=x", "an artifact is one file"],
    ["--compile", "--staticLinking"],
    ["--bytecode", "source code"],
    ["--watch", "builds once"],
    ["--no-bundle", "before the --"],
    ["--production", "the host's"],
  ])("%s", (flag, reason) => {
    expect(refusal(flag)).toStartWith(`${flag.split("=")[0]} cannot be used for an artifact: `);
    expect(refusal(flag)).toContain(reason);
  });

  test.each([
    [["--define"], "--define needs a value"],
    [["--define", "A"], "--define: write --define NAME=VALUE"],
    [["--packages=all"], '--packages: must be "bundle" or "external", not "all"'],
    [["--external", "./x.ts"], "--external: name a package"],
    [["--env", "PUBLIC"], '--env: must be "inline", "disable" or a prefix'],
    [["--loader", ".x:nope"], "--loader: write --loader .ext:type"],
    [["--loader", "x:text"], "--loader: write --loader .ext:type"],
    [["--sourcemap=some"], '--sourcemap: must be "inline" or "none"'],
    [["--jsx-runtime=new"], '--jsx-runtime: must be "automatic" or "classic"'],
    [["--minify=maybe"], '--minify is switched on or off, and cannot be "maybe"'],
  ])("%p", (flags, message) => {
    expect(refusal(...flags)).toStartWith(message);
  });
});
