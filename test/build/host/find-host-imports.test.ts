import { expect, test } from "bun:test";
import { findHostImports } from "../../../src/build/host/find-host-imports.ts";
import { HOST_PREFIX, LIVE_CALL } from "../../../src/build/host/host-imports.ts";
import { linkHost } from "../../../src/build/host/link-host.ts";

const zod = `"${HOST_PREFIX}${Buffer.from("zod").toString("hex")}"`;

/** What is found: the text of each import, and what it binds. */
function found(code: string): unknown[] {
  return findHostImports(code).map((entry) => {
    const bindings = entry.kind === "static" ? entry.bindings.map((binding) => binding.join(" as ")) : ["dynamic"];
    return [code.slice(entry.start, entry.end)].concat(bindings);
  });
}

test("imports are found in every form in which the bundler prints them", () => {
  const forms: [string, ...string[]][] = [
    [`import ${zod};`],
    [`import a from ${zod};`, "default as a"],
    [`import * as ns from ${zod};`, "* as ns"],
    [`import a, * as ns from ${zod};`, "default as a", "* as ns"],
    [`import { a, b as c, default as d } from ${zod};`, "a as a", "b as c", "default as d"],
    [`import d, { a } from ${zod};`, "default as d", "a as a"],
    [`import {\n  a,\n  "odd name" as b\n} from ${zod};`, "a as a", "odd name as b"],
    [`import j from ${zod} with { type: "json" };`, "default as j"],
    [`import{a as b,"x y"as n}from${zod};`, "a as b", "x y as n"],
    [`import*as P from${zod};`, "* as P"],
    [`import g,*as y from${zod};`, "default as g", "* as y"],
    [`import g,{$ as y}from${zod}with{type:"json"};`, "default as g", "$ as y"],
    [`import${zod};`],
  ];
  for (const form of forms) {
    expect(found(form[0])).toEqual([form]);
    expect(found(`var x = 1;\n${form[0]}\nvar y = 2;`)).toEqual([form]);
    expect(found(`var x=1;${form[0]}var y=2;`)).toEqual([form]);
  }
  expect(found(forms.map(([code]) => code).join("\n"))).toEqual(forms);
});

test("dynamic imports are found, with and without attributes", () => {
  expect(found(`var a = () => import(${zod});`)).toEqual([[`import(${zod})`, "dynamic"]]);
  expect(found(`var a=()=>import(${zod},{with:{type:"json"}});`)).toEqual([
    [`import(${zod},{with:{type:"json"}})`, "dynamic"],
  ]);
});

test("what does not look as expected is parsed as a whole", () => {
  const code = `import { "a } b" as c, "\\"," as d, import as e } from ${zod};\nvar x = () => import(/* why */ ${zod});`;
  expect(found(code)).toEqual([
    [`import { "a } b" as c, "\\"," as d, import as e } from ${zod};`, "a } b as c", '", as d', "import as e"],
    [`import(/* why */ ${zod})`, "dynamic"],
  ]);
  expect(found(`import { é as ü } from ${zod};`)).toEqual([[`import { é as ü } from ${zod};`, "é as ü"]]);
});

test("what this bundler does not print is a coded error that names the Bun to build with", () => {
  const links = { live: new Map(), contexts: new Map(), workers: new Map(), later: new Set<string>() };
  const live = new Map([["aa", new Set(["x"])]]);
  const unknown = [
    () => linkHost(`var a = \`${zod.slice(1, -1)}\`;`, links),
    () => linkHost(`import { from ${zod}`, links),
    () => linkHost(`var a = wrap(${LIVE_CALL}"6161"));`, { ...links, live }),
  ];
  for (const link of unknown) {
    expect(link).toThrow(`the bundler of this Bun (${Bun.version}) prints`);
    expect(link).toThrow(/build with Bun 1\.4\.5, or update hotswap$/);
    expect(link).toThrow(expect.objectContaining({ code: "HOTSWAP_UNSUPPORTED_BUN" }));
  }
});
