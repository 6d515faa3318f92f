import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { errorCodes } from "hotswap";
import { checkout, documents, page } from "./documents.ts";

function between(text: string, marker: string): string {
  return text.split(`<!-- ${marker} -->`)[1]?.split(`<!-- /${marker} -->`)[0] ?? "";
}

async function help(...command: string[]): Promise<string> {
  const child = Bun.spawn([process.execPath, join(checkout, "cli/main.ts"), ...command, "--help"], { stdout: "pipe" });
  return new Response(child.stdout).text();
}

/** The flags of a command's help, as rows of a table. */
function flagRows(text: string): string[] {
  const flags = /^Flags:\n((?: {2}.*\n)+)/m.exec(text)?.[1] ?? "";
  return flags
    .trimEnd()
    .split("\n")
    .map((line) => /^ {2}(\S.*?) {2,}(.*)$/.exec(line))
    .map((match) => `| \`${match?.[1]}\` | ${match?.[2]} |`);
}

describe("the tables", () => {
  test("of flags is what hotswap build --help says", async () => {
    const rows = flagRows(await help("build"));
    expect(rows.length).toBeGreaterThan(8);
    expect(between(page("docs/building.md"), "build flags").trim().split("\n")).toEqual([
      "| flag | meaning |",
      "|---|---|",
      ...rows,
    ]);
  });

  test("of errors has every code, once and in order", () => {
    const codes = Array.from(page("docs/errors.md").matchAll(/^\| `(HOTSWAP_[A-Z_]+)` \|/gm), ([, code]) => code);
    expect(codes).toEqual(Object.keys(errorCodes));
  });

  test("of folders lists every folder of src/ and those beside it, once, and none that is not there", async () => {
    const listed = Array.from(
      between(page("docs/architecture.md"), "folders").matchAll(/^\| \w+ \| `(\S+)\/` \|/gm),
      ([, folder = ""]) => folder,
    );
    const entries = await readdir(join(checkout, "src"), { withFileTypes: true });
    const inner = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `src/${name}`);
    expect(listed.toSorted()).toEqual(["src", ...inner, "cli", "package", "demo", "bench", "test"].toSorted());
  });

  test("of rules has a row for every rule of the contract", () => {
    const rows = between(page("docs/architecture.md"), "rules").matchAll(/^\| ((?:F?[\d.]+(?:, )?)+) \|/gm);
    const listed = Array.from(rows, ([, rules = ""]) => rules.split(", ")).flat();
    const contract = page("docs/spec.md");
    const numbered = Array.from(contract.matchAll(/^(?:- )?(\d+\.\d+|F\d+) /gm), ([, rule = ""]) => rule);
    // Their rules are tables.
    expect(listed.toSorted()).toEqual([...numbered, "4", "9"].toSorted());
  });

  test("of commands names those that there are", async () => {
    const listed = Array.from((await help()).matchAll(/^ {2}([a-z]+) {2,}/gm), ([, name]) => name ?? "");
    const named = (text: string) =>
      Array.from(text.matchAll(/`hotswap ([a-z]+)\b/g), ([, name]) => name ?? "").filter((name) => name !== "help");
    // The contract also names what is still to come.
    const pages = Object.entries(documents).filter(([path]) => path !== "docs/spec.md");
    expect([...new Set(pages.flatMap(([, text]) => named(text)))].toSorted()).toEqual(listed.toSorted());
  });
});

test("the error codes are pinned: programs branch on them", () => {
  expect(Object.keys(errorCodes)).toMatchSnapshot();
});
