import type { Files } from "../support/project.ts";

/** What a program may import that is not its own: files of the host, packages of every kind, and what names them. */
export const surroundings: Files = {
  "package.json": JSON.stringify({
    name: "sample",
    type: "module",
    imports: { "#counter": "./host/counter.ts", "#cjs": "cjs-pkg" },
  }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: { paths: { "@host/*": ["./host/*"], "@own/*": ["./plugin/alpha/own/*"] } },
  }),
  "host/counter.ts": `export let count = 0;
export const step = 1;
export function add(): number { return (count += step); }
export function reset(): void { count = 0; }
export default function named(): string { return "named"; }`,
  "host/reassigned.ts": `export function a(): string { return "old"; }
export function b(): string { return "old"; }
export function c(): string { return "old"; }
export function d(): string { return "old"; }
export function e(): string { return "old"; }
export function f(): string { return "old"; }
export const renew = (): void => {
  const other = (): string => "new";
  (a as any) = other;
  [b as any] = [other];
  ({ c: (c as any) } = { c: other } as any);
  for (d as any of [other]);
  (e) = other as never;
  f! = other as never;
};`,
  "host/barrel.ts": `export { client } from "esm-pkg";
export * from "@host/counter";
export { add as plus } from "./counter.ts";`,
  "host/late.ts": "export const late = 'late';",
  "host/query.sql": "select 1;\n",
  "host/other.sql": "select 2;\n",
  "host/blob.bin": "bytes",
  "host/.rc": `{ "rc": true }`,
  "host/.toml-rc": "toml = true\n",
  "host/.yaml-rc": "yaml: true\n",
  "host/code.ts": "export const code = 1;\n",
  "host/page.html": "<h1>page</h1>\n",
  "host/style.css": "h1 { color: red }\n",
  "host/table.db": "",
  "host/data.json": `{ "data": [1, 2] }`,
  "host/more.json": `{ "more": true }`,
  "host/raw.json": `{ "raw": true }`,
  "host/with-comment.jsonc": `{ /* why */ "jsonc": true }`,
  "host/settings.toml": "settings = 1\n",
  "host/settings.yaml": "settings: 2\n",
  "host/note.txt": "note\n",
  "host/strange.extension": "strange\n",
  "node_modules/esm-pkg/package.json": JSON.stringify({
    name: "esm-pkg",
    version: "1.0.0",
    type: "module",
    exports: { ".": "./index.js", "./sub": "./sub.js", "./asset.sql": "./asset.sql", "./asset.txt": "./asset.txt" },
  }),
  "node_modules/esm-pkg/index.js": `let client;
export { client };
export function connect() { client = { on: true }; }
export function disconnect() { client = undefined; }
export const constant = "constant";
export default class Tool {}`,
  "node_modules/esm-pkg/sub.js": `export { client, connect, disconnect } from "esm-pkg";`,
  "node_modules/esm-pkg/asset.sql": "select 'asset';\n",
  "node_modules/esm-pkg/asset.txt": "asset\n",
  "node_modules/cjs-pkg/package.json": JSON.stringify({ name: "cjs-pkg", version: "1.0.0", main: "main.js" }),
  "node_modules/cjs-pkg/main.js": `module.exports = function convert(n) { return n + " ms"; };
module.exports.unit = "ms";
module.exports.table = { a: 1 };`,
  "node_modules/cjs-pkg/part.js": `exports.part = "part";`,
  "node_modules/dual-pkg/package.json": JSON.stringify({
    name: "dual-pkg",
    version: "1.0.0",
    exports: { ".": { import: "./index.mjs", require: "./index.cjs" } },
  }),
  "node_modules/dual-pkg/index.mjs": `export const kind = "import";`,
  "node_modules/dual-pkg/index.cjs": `exports.kind = "require";`,
  "packages/shared/package.json": JSON.stringify({
    name: "@work/shared",
    version: "1.0.0",
    type: "module",
    exports: "./index.ts",
  }),
  "packages/shared/index.ts": `export let shared: string = "before";
export const share = (value: string): void => { shared = value; };`,
};

/** The program's own files beside its cases. */
export const ownFiles: Files = {
  "own/value.ts": `export let value = "value"; export default { own: true }; export const change = (to: string) => { value = to; };`,
  "own/common.cjs": `exports.common = "common"; exports.place = __filename.split("/").slice(-3).join("/");`,
  "own/data.json": `{ "own": 1 }`,
  "own/required.json": `{ "required": [1] }`,
  "own/list.json": "[1, 2]\n",
  "own/list.jsonc": "[3, /* and no more */]",
  "own/list.toml": "list = [4]\n",
  "own/list.yaml": "- 5\n",
  "own/needed.ts": `export default "needed"; export const more: number = 1;`,
  "own/needs.cjs": `const needed = require("./needed"); module.exports = [needed.__esModule === true, needed.default, Object.keys(needed)];`,
  "own/settings.toml": "own = 2\n",
  "own/settings.yaml": "own: 3\n",
  "own/note.txt": "own note\n",
  "own/query.sql": "select 'own';\n",
  "own/.rc": `{ "own": 4 }`,
  "own/commands/go.ts": `export const command = "go";`,
  "own/commands/stop.ts": `import { value } from "../value"; export const command = "stop " + value;`,
  "own/tables/one.json": `{ "table": 1 }`,
  "own/tables/two.json": `{ "table": 2 }`,
  "own/deep/both.cjs": `module.exports = [__dirname, __filename];`,
  "own/deep/one.cjs": `exports.file = __filename;`,
  "own/deep/element.tsx": `export const place = [__dirname, __filename];`,
  "own/deep/place.ts": `export const place = [import.meta.dir, import.meta.path, __dirname, __filename];`,
};
