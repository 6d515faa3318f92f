import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { errorCodes } from "hotswap";

const checkout = join(import.meta.dir, "..", "..");
const readme = await Bun.file(join(checkout, "README.md")).text();

function between(marker: string): string {
  return readme.split(`<!-- ${marker} -->`)[1]?.split(`<!-- /${marker} -->`)[0] ?? "";
}

async function help(...command: string[]): Promise<string> {
  const child = Bun.spawn([process.execPath, join(checkout, "cli/main.ts"), ...command, "--help"], { stdout: "pipe" });
  return new Response(child.stdout).text();
}

/** The flags of a command's help, as rows of the README's table. */
function flagRows(text: string): string[] {
  const flags = /^Flags:\n((?: {2}.*\n)+)/m.exec(text)?.[1] ?? "";
  return flags
    .trimEnd()
    .split("\n")
    .map((line) => /^ {2}(\S.*?) {2,}(.*)$/.exec(line))
    .map((match) => `| \`${match?.[1]}\` | ${match?.[2]} |`);
}

test("every link within the README leads to one of its headings", () => {
  const headings = Array.from(readme.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
  const links = Array.from(readme.matchAll(/\]\(#([^)]+)\)/g), ([, anchor = ""]) => anchor);
  expect(links).not.toBeEmpty();
  for (const link of links) expect(headings).toContain(link);
});

describe("the README's tables", () => {
  test("of flags is what hotswap build --help says", async () => {
    const rows = flagRows(await help("build"));
    expect(rows.length).toBeGreaterThan(8);
    expect(between("build flags").trim().split("\n")).toEqual(["| flag | meaning |", "|---|---|", ...rows]);
  });

  test("of errors has every code, once and in order", () => {
    const codes = Array.from(readme.matchAll(/^\| `(HOTSWAP_[A-Z_]+)` \|/gm), ([, code]) => code);
    expect(codes).toEqual(Object.keys(errorCodes));
  });

  test("of commands names those that there are", async () => {
    const listed = Array.from((await help()).matchAll(/^ {2}([a-z]+) {2,}/gm), ([, name]) => name ?? "");
    const named = new Set(Array.from(readme.matchAll(/`hotswap ([a-z]+)\b/g), ([, name]) => name ?? ""));
    expect([...named].toSorted()).toEqual(listed.toSorted());
  });
});

test("the error codes are pinned: programs branch on them", () => {
  expect(Object.keys(errorCodes)).toMatchSnapshot();
});
