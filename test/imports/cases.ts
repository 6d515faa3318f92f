/*
 * One module for each case: what it exports as default is called, and what that returns must be the same however the program
 * is run. `x` makes a text that is only known at run time.
 */

const x = "const x = (text: string): string => text.split('').join('');\n";
const failure = `const failure = (work: () => unknown) => Promise.try(work).then(
  () => "it worked",
  (error: { code?: string; message: string }) => [error.code, error.message.split("\\n")[0]],
);
`;

export const cases: Readonly<Record<string, string>> = {
  // Files of the program itself.
  "own static": `import all, { value, change } from "../own/value.ts";
import * as space from "../own/value";
export default () => { change("a"); const first = value; change("value"); return [first, value, space.value, all, Object.keys(space)]; };`,
  "own dynamic": `export default async () => (await import("../own/commands/go.ts")).command;`,
  "own computed": `export default async () => Promise.all(["go", "stop"].map(async (name) => (await import(\`../own/commands/\${name}.ts\`)).command));`,
  "own computed without its ending": `export default async () => (await import("../own/commands/" + ["st", "op"].join(""))).command;`,
  "own computed is the instance that is imported": `import * as known from "../own/commands/go.ts";
export default async () => (await import(\`../own/commands/\${["g", "o"].join("")}.ts\`)) === (await import("../own/commands/go.ts")) && known.command;`,
  "own computed json": `export default async () => (await import(\`../own/tables/\${["o", "ne"].join("")}.json\`, { with: { type: "json" } })).default;`,
  "own required": `export default () => [require("../own/common.cjs").common, require("../own/value").value, require("../own/required.json")];`,
  "own data required": `import list = require("../own/list.json");
export default () => [list, require("../own/list.json"), require("../own/list.toml"), require("../own/list.yaml"), require("../own/list.jsonc")];`,
  "own ES module required": `export default () => [require("../own/needed").__esModule, require("../own/needs.cjs")];`,
  "own computed require": `export default () => ["one", "two"].map((name) => require("../own/tables/" + name + ".json").table);`,
  "own by createRequire": `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
export default () => [require("../own/required.json"), require("cjs-pkg")(1)];`,
  "own by createRequire under another name": `import module from "module";
const load = module.createRequire(import.meta.url);
export default () => [load("../own/required.json"), load("cjs-pkg")(2)];`,
  "own data": `import json from "../own/data.json"; import toml from "../own/settings.toml"; import yaml from "../own/settings.yaml"; import text from "../own/note.txt";
export default () => [json, toml, yaml, text];`,
  "own with attributes": `import sql from "../own/query.sql" with { type: "text" }; import rc from "../own/.rc" with { type: "json" };
export default () => [sql, rc];`,
  "own by alias": `import { command } from "@own/commands/go"; export default async () => [command, (await import("@own/commands/stop")).command];`,
  "own missing, which is counted on": `${failure}
export default async () => { try { return await import("../own/missing.ts"); } catch (error) { return (error as { code?: string }).code; } };`,

  // Files of the host.
  "host static": `import named, { count, step, add, reset } from "../../../host/counter.ts";
import * as space from "../../../host/counter.ts";
export default () => { reset(); add(); return [count, step, space.count, named(), Object.keys(space)]; };`,
  "host reassigned functions": `import { a, b, c, d, e, f, renew } from "../../../host/reassigned.ts";
export default () => { renew(); return [a(), b(), c(), d(), e(), f()]; };`,
  "host barrel": `import { client, count, plus } from "../../../host/barrel.ts"; import { connect, disconnect } from "esm-pkg"; import { reset } from "@host/counter";
export default () => { reset(); plus(); connect(); const on = client; disconnect(); return [on, client, count]; };`,
  "host exported again": `export { count } from "../../../host/counter.ts"; import { count, reset, add } from "../../../host/counter.ts"; export default () => { reset(); add(); return count; };`,
  "host dynamic": `export default async () => (await import("../../../host/late.ts")).late;`,
  "host computed": `${x}export default async () => [(await import(x("../../../host/late.ts"))).late, (await import(\`../../../host/\${x("late")}\`)).late, (await import(x("@host/late"))).late];`,
  "host computed is the same instance": `${x}import * as space from "../../../host/counter.ts"; export default async () => { const found = await import(x("../../../host/counter.ts")); space.reset(); found.add(); return [space.count, found.add === space.add]; };`,
  "host by absolute path and URL": `${x}export default async () => { const path = import.meta.resolve(x("../../../host/late.ts")); return [(await import(path)).late, (await import(Bun.fileURLToPath(path))).late]; };`,
  "host required": `${x}export default () => [require("../../../host/late.ts").late, require(x("../../../host/late.ts")).late, require("../../../host/data.json"), require(x("../../../host/data.json"))];`,
  "host by alias and #import": `${x}import { step } from "@host/counter"; import { add } from "#counter"; import viaImports from "#cjs";
export default async () => [step, typeof add, viaImports(3), (await import("#counter")).step, (await import(x("#counter"))).step, (await import("@host/counter")).step];`,
  "host data": `import json from "../../../host/data.json"; import { data } from "../../../host/data.json"; import jsonc from "../../../host/with-comment.jsonc"; import toml from "../../../host/settings.toml"; import yaml from "../../../host/settings.yaml"; import text from "../../../host/note.txt"; import strange from "../../../host/strange.extension";
export default () => [json, data, jsonc, toml, yaml, text, strange];`,
  "host with type text": `import sql from "../../../host/query.sql" with { type: "text" }; import code from "../../../host/code.ts" with { type: "text" }; import raw from "../../../host/raw.json" with { type: "text" };
export default () => [sql, code, raw];`,
  "host with type file": `import bin from "../../../host/blob.bin" with { type: "file" }; export default () => bin;`,
  "host with type json, toml and yaml": `import rc from "../../../host/.rc" with { type: "json" }; import toml from "../../../host/.toml-rc" with { type: "toml" }; import yaml from "../../../host/.yaml-rc" with { type: "yaml" };
export default () => [rc, toml, yaml];`,
  "host with type sqlite": `import db from "../../../host/table.db" with { type: "sqlite" }; export default () => db.query("select 1 as n").get();`,
  "host html and css": `import page from "../../../host/page.html"; import style from "../../../host/style.css"; export default () => [String(page), page.index, typeof style];`,
  "host exported again with attributes": `export { default as sql } from "../../../host/query.sql" with { type: "text" }; import { sql } from "./host exported again with attributes.ts"; export default () => sql;`,
  "host dynamic with attributes": `${x}export default async () => [(await import("../../../host/other.sql", { with: { type: "text" } })).default, (await import(x("../../../host/other.sql"), { with: { type: x("text") } })).default];`,

  // Packages.
  "package static": `import Tool, { client, connect, disconnect, constant } from "esm-pkg"; import * as space from "esm-pkg";
export default () => { disconnect(); const off = client; connect(); return [off, client, space.client, constant, Tool.name, Object.keys(space)]; };`,
  "package through another": `import { client, connect, disconnect } from "esm-pkg/sub"; export default () => { disconnect(); connect(); return client; };`,
  "package dynamic and computed": `${x}import { connect } from "esm-pkg"; export default async () => { connect(); return [(await import("esm-pkg")).client, (await import(x("esm-pkg"))).client, (await import(\`esm-\${x("pkg")}/sub\`)).client]; };`,
  "package assets": `${x}import sql from "esm-pkg/asset.sql" with { type: "text" }; import text from "esm-pkg/asset.txt"; export default async () => [sql, text, (await import(x("esm-pkg/asset.txt"))).default];`,
  "package required": `${x}export default () => [require("esm-pkg").constant, require(x("esm-pkg")).constant, require("dual-pkg").kind, require(x("dual-pkg")).kind];`,
  "package by condition": `${x}import { kind } from "dual-pkg"; export default async () => [kind, (await import(x("dual-pkg"))).kind];`,
  "CommonJS imported": `import convert, { unit } from "cjs-pkg"; import * as space from "cjs-pkg"; import { part } from "cjs-pkg/part.js";
export default () => [convert(1), unit, part, typeof space.default, space.unit];`,
  "CommonJS required": `${x}const convert = require("cjs-pkg"); export default () => [typeof convert, convert(1), convert.unit, convert === require(x("cjs-pkg")), convert.name];`,
  "CommonJS required is what is imported": `import convert from "cjs-pkg"; export default () => convert === require("cjs-pkg");`,
  "CommonJS by import =": `import convert = require("cjs-pkg"); export default () => [convert(2), Object.keys(convert)];`,
  "CommonJS by import.meta.require": `${x}export default () => [import.meta.require("cjs-pkg")(3), import.meta.require(x("cjs-pkg"))(4)];`,
  "CommonJS on a condition": `const load = (name: string) => { try { return name === "cjs" ? require("cjs-pkg") : require("not-there"); } catch (error) { return (error as Error).message.split("\\n")[0]; } };
export default () => [load("cjs")(5), load("other")];`,
  "require as a value": `${x}const load = require; export default () => [typeof require, load(x("cjs-pkg"))(6), [x("cjs-pkg")].map((name) => require(name).unit)];`,
  "require that is no require": `const make = (require: (text: string) => string) => require("not-there"); export default () => make((text) => text + "!");`,
  "workspace package": `${x}import { shared, share } from "@work/shared"; export default async () => { share("after"); return [shared, (await import("@work/shared")).shared, (await import(x("@work/shared"))).shared, require("@work/shared").shared]; };`,
  builtin: `${x}import fs from "fs"; import { join } from "node:path"; export default async () => [typeof fs.readFileSync, join("a", "b"), typeof require("node:os").cpus, typeof (await import(x("node:os"))).cpus, typeof require(x("os")).cpus, typeof (await import("bun")).serve];`,
  "data URL": `${x}export default async () => (await import(x("data:text/javascript,export const z = 1"))).z;`,

  // Where a file lies, and what a name means from there.
  "import.meta": `export default () => [import.meta.dir, import.meta.dirname, import.meta.path, import.meta.filename, import.meta.file, import.meta.url, import.meta.main, import.meta.env === process.env];`,
  __dirname: `export default () => [__dirname, __filename, typeof __dirname];`,
  "__dirname by itself": `import { join } from "node:path"; export default () => join(__dirname, "x");`,
  "__filename by itself": `export default () => __filename;`,
  "places of modules that are CommonJS, or have JSX": `import both from "../own/deep/both.cjs"; import { place } from "../own/deep/element.tsx";
export default () => [both, require("../own/deep/one.cjs"), place];`,
  "places of other modules": `import { place } from "../own/deep/place"; export default () => place;`,
  "a name that only looks like it": `const { dir } = { dir: "own" }; const __dirname = "mine"; const meta = { url: "url" }; export default () => [dir, __dirname, meta.url, { import: { meta: 1 } }.import.meta];`,
  "import.meta.resolve": `${x}export default () => [import.meta.resolve("cjs-pkg"), import.meta.resolve(x("esm-pkg/sub")), import.meta.resolve("./not/there.ts"), import.meta.resolve("node:fs"), import.meta.resolveSync("cjs-pkg"), import.meta.resolve("@work/shared")];`,
  "require.resolve": `${x}export default () => [require.resolve("cjs-pkg"), require.resolve(x("cjs-pkg/part.js")), require.resolve("../../../host/late.ts"), require.resolve("../own/value.ts"), require.resolve("@work/shared")];`,
  "Bun.resolve": `${x}export default async () => [Bun.resolveSync("cjs-pkg", import.meta.dir), await Bun.resolve(x("esm-pkg"), import.meta.dir)];`,
  "a URL beside the file": `export default async () => (await Bun.file(new URL("../own/note.txt", import.meta.url)).text()).trim();`,
  "what is missing": `${x}${failure}export default () => Promise.all([
  failure(() => import(x("not-there"))), failure(() => require(x("not-there"))), failure(() => import(x("../../../host/not-there.ts"))),
  failure(() => require(x("../../../host/not-there.ts"))), failure(() => import.meta.resolve(x("not-there"))), failure(() => require.resolve(x("not-there"))),
  failure(() => Bun.resolveSync(x("not-there"), import.meta.dir)),
]);`,
};
