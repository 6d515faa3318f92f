import { join, relative } from "node:path";
import { expect, test } from "bun:test";
import { parseSync } from "oxc-parser";
import { brokenLinks, checkout } from "./documents.ts";

const api = join(checkout, "docs", "api");
const pages = [...new Bun.Glob("**/*.md").scanSync(api)].toSorted();

const { exports } = (await Bun.file(join(checkout, "package.json")).json()) as { exports: Record<string, string> };
const entrances = Object.entries(exports).filter(([, file]) => file.endsWith(".ts"));

/** The names that a module exports, types included. */
async function namesOf(file: string): Promise<string[]> {
  const path = join(checkout, file);
  const { module } = parseSync(path, await Bun.file(path).text());
  const names = module.staticExports.flatMap(({ entries }) => entries).map((entry) => entry.exportName.name);
  return names.filter((name) => name !== null);
}

test.each(entrances)("the reference of %s has every name that it exports", async (entrance, file) => {
  const text = await Bun.file(join(api, `${join("hotswap", entrance)}.md`)).text();
  const headings = new Set(
    Array.from(text.matchAll(/^### (.+)$/gm), ([, heading = ""]) => heading.replaceAll(/[\\()]/g, "")),
  );
  const names = await namesOf(file);
  expect(names).not.toBeEmpty();
  expect(names.filter((name) => !headings.has(name))).toEqual([]);
});

test.each(pages)("every link of %s of the reference leads to a file or heading that there is", async (path) => {
  expect(await brokenLinks(relative(checkout, join(api, path)))).toEqual([]);
});
