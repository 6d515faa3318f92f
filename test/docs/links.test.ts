import { expect, test } from "bun:test";
import { brokenLinks, documents, page } from "./documents.ts";

const paths = Object.keys(documents);

test.each(paths)("every link of %s leads to a file or heading that there is", async (path) => {
  expect(await brokenLinks(path)).toEqual([]);
});

test("the README leads to every page of docs/", () => {
  for (const path of paths.filter((each) => each.startsWith("docs/"))) expect(page("README.md")).toContain(`(${path}`);
});

test("the README stays short: at most 250 lines", () => {
  expect(page("README.md").split("\n").length).toBeLessThanOrEqual(250);
});
