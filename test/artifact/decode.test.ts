import { describe, expect, test } from "bun:test";
import { decodeArtifact, readArtifactHeader } from "../../src/artifact/decode.ts";
import { readArtifact } from "../../src/artifact/read-artifact.ts";
import { encodeArtifact } from "../../src/artifact/encode.ts";
import { FORMAT_VERSION, type Manifest } from "../../src/artifact/manifest.ts";
import { HotswapError } from "../../src/errors.ts";

const manifest: Manifest = {
  name: "alpha",
  folder: "plugin/alpha",
  hostModules: [{ specifier: "./g/r\u2028egistry.ts", names: ["db"], lazy: false }],
  liveFuncs: { live_hum: "hum.ts" },
  liveTypes: {},
  assets: [
    { path: "empty.bin", size: 0 },
    { path: "noise.bin", size: 1000 },
    { path: "text.md", size: 7 },
  ],
};
const noise = crypto.getRandomValues(new Uint8Array(1000));
const assets = [new Uint8Array(), noise, new TextEncoder().encode("grüße")];
const parts = { manifest, prologue: "const a = 1;", code: "export const b = a;", assets, sourceMap: '{"version":3}' };

function invalid(bytes: Uint8Array): HotswapError {
  try {
    decodeArtifact(bytes, "bin/alpha.js");
  } catch (error) {
    if (error instanceof HotswapError) return error;
  }
  throw new Error("the artifact was accepted");
}

function edited(edit: (text: string) => string): Uint8Array {
  return new TextEncoder().encode(edit(Buffer.from(encodeArtifact(parts).bytes).toString("utf8")));
}

describe("an artifact", () => {
  test("is read back as it was written", () => {
    const { bytes, hash } = encodeArtifact(parts);
    const decoded = decodeArtifact(bytes, "bin/alpha.js");
    expect(decoded.manifest).toEqual(manifest);
    expect(decoded.hash).toBe(hash);
    expect([0, 1, 2].map((index) => decoded.asset(index))).toEqual(assets.map((asset) => Buffer.from(asset)));
    expect(() => decoded.asset(3)).toThrow(RangeError);
  });

  test("is read back without a source map, and without carried files", () => {
    const bare = { ...parts, manifest: { ...manifest, assets: [] }, assets: [], sourceMap: undefined };
    const decoded = decodeArtifact(encodeArtifact(bare).bytes, "bin/alpha.js");
    expect(decoded.manifest.assets).toEqual([]);
    const carrying = decodeArtifact(encodeArtifact({ ...parts, sourceMap: undefined }).bytes, "bin/alpha.js");
    expect(carrying.asset(1)).toEqual(Buffer.from(noise));
  });

  test("has its manifest in one line, whatever it says", () => {
    const lines = Buffer.from(encodeArtifact(parts).bytes)
      .toString("utf8")
      .split(/[\n\u2028\u2029]/);
    expect(lines[0]).toBe("// @bun");
    expect(lines[2]).toStartWith('//! {"name":"alpha"');
    expect(lines[2]).toEndWith("}");
    expect(lines[3]).toBe("const a = 1;");
  });

  test("has the same bytes for the same parts, and another hash for others", () => {
    expect(encodeArtifact(parts)).toEqual(encodeArtifact(structuredClone(parts)));
    const other = encodeArtifact({ ...parts, code: "export const b = a ;" });
    expect(other.hash).not.toBe(encodeArtifact(parts).hash);
  });

  test("tells its hash by its first lines", () => {
    const { bytes, hash } = encodeArtifact(parts);
    expect(readArtifactHeader(bytes.subarray(0, 200), "bin/alpha.js")).toEqual({
      version: FORMAT_VERSION,
      hash,
      signature: undefined,
    });
  });
});

describe("HOTSWAP_INVALID_ARTIFACT names the file and says why", () => {
  const cases: [string, () => Uint8Array, RegExp][] = [
    ["an empty file", () => new Uint8Array(), /is not a hotswap artifact/],
    ["a foreign .js file", () => new TextEncoder().encode("export default 1;\n"), /is not a hotswap artifact/],
    ["an artifact cut short in its header", () => encodeArtifact(parts).bytes.slice(0, 40), /is damaged: its header/],
    ["an artifact cut short by one byte", () => encodeArtifact(parts).bytes.slice(0, -1), /does not match its hash/],
    [
      "an artifact with a changed byte",
      () => edited((text) => text.replace("b = a", "b = 2")),
      /does not match its hash/,
    ],
    [
      "an artifact with a changed hash",
      () => edited((text) => text.replace(/ [0-9a-f]/, " g")),
      /its header is not complete/,
    ],
    [
      "a newer format",
      () => edited((text) => text.replace("hotswap 1 ", "hotswap 2 ")),
      /made by a newer hotswap.*upgrade/,
    ],
    [
      "an older format",
      () => edited((text) => text.replace("hotswap 1 ", "hotswap 0 ")),
      /made by an older hotswap.*rebuild/,
    ],
  ];
  test.each(cases)("%s", (_, bytes, message) => {
    const error = invalid(bytes());
    expect(error.code).toBe("HOTSWAP_INVALID_ARTIFACT");
    expect(error.message).toMatch(message);
    expect(error.message).toStartWith("bin/alpha.js ");
  });

  test("a file that is not there", async () => {
    const reading = readArtifact("/nowhere/alpha.js");
    await expect(reading).rejects.toMatchObject({ code: "HOTSWAP_INVALID_ARTIFACT" });
    await expect(reading).rejects.toThrow("/nowhere/alpha.js cannot be read");
  });
});
