import { expect, test } from "bun:test";
import { artifactMap, readBundle } from "../../../../src/build/emit/bundle/source-map.ts";

const map = { version: 3, sources: ["/p/a.ts"], sourcesContent: ["const a = 1;\n"], mappings: "AAAA", names: [] };

/** As this Bun's bundler writes it. */
const written = `{
  "version": 3,
  "sources": ["/p/a.ts"],
  "sourcesContent": ["const a = 1;\\n"],
  "mappings": "AAAA",
  "names": []
}`;

test("a bundle is read the same, however the bundler writes it", () => {
  const usual = readBundle("// @bun\nvar a = 1;\n\n//# debugId=0123456789\n", written);
  expect(usual.code).toBe("var a = 1;\n");
  expect(artifactMap(usual.map, "/p", true)).toEqual({
    sources: ["a.ts"],
    json: JSON.stringify({
      version: 3,
      sources: ["a.ts"],
      sourcesContent: map.sourcesContent,
      names: [],
      mappings: ";;;AAAA",
    }),
  });
  const { mappings, ...others } = map;
  for (const other of [JSON.stringify(map), JSON.stringify({ mappings, file: "x.js", ...others }, undefined, 4)]) {
    expect(JSON.parse(JSON.stringify(readBundle("// @bun\nvar a = 1;\n", other)))).toEqual(
      JSON.parse(JSON.stringify(usual)),
    );
  }
});

test("without the bundler's first line, what it says of lines is shifted by one", () => {
  const { code, map: read } = readBundle("var a = 1;\n", written);
  expect([code, read.mappings]).toEqual(["var a = 1;\n", ";AAAA"]);
});
