import { expect, test } from "bun:test";
import { findWrappers } from "../../../src/build/host/find-wrappers.ts";
import { LIVE_CALL } from "../../../src/build/host/host-imports.ts";

/** The texts of the places that are found, after the key, and the names that are read. */
function found(code: string): unknown[] {
  return findWrappers(code).map(({ key, places, names }) => [
    key,
    places.map(({ start, end }) => code.slice(start, end)),
    [...names].toSorted(),
  ]);
}

const live = (key: string): string => `${LIVE_CALL}"${key}")`;

test("wrappers of CommonJS are found in every form in which the bundler prints them", () => {
  const forms = [
    `var require_h = __commonJS((exports, module) => {\n  module.exports = ${live("aa")};\n});`,
    `var require_h=b((c,d)=>{d.exports=${live("aa")}}),e=1;`,
    `var x=1,require_h=b((c,d)=>{d.exports=${live("aa")}});`,
    `var require_h = __commonJS(function(exports, module) {\n  module.exports = ${live("aa")};\n});`,
  ];
  for (const form of forms) {
    expect(found(form)).toEqual([["aa", [live("aa")], []]]);
    const bundle = `var a = (b) => b;\n${form}\nvar import_h = __toESM(require_h(), 1);\nuse(import_h.n, import_h["odd name"]);`;
    expect(found(bundle)).toEqual([["aa", [live("aa"), "__toESM(require_h(), 1)"], ["n", "odd name"]]]);
  }
});

test("each import of a wrapper is a place, and only an import", () => {
  const code = `
    var require_h = b((c, d) => { d.exports = ${live("aa")} });
    var require_h2 = b((c, d) => { d.exports = ${live("bb")} });
    var first = e(require_h(), 1), second=e(require_h());
    const later = () => Promise.resolve().then(() => e(require_h2()));
    console.log(require_h(), require_h2().x);
    if (first.größe == second?.deep.down) own.first.other(e2(require_h(), require_h2()));`;
  expect(found(code)).toEqual([
    ["aa", [live("aa"), "e(require_h(), 1)", "e(require_h())"], ["deep", "größe"]],
    ["bb", [live("bb"), "e(require_h2())"], []],
  ]);
});
