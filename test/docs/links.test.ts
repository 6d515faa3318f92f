import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "bun:test";
import { checkout, documents, page } from "./documents.ts";

const paths = Object.keys(documents);

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(path: string): string[] {
  return Array.from(page(path).matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

test.each(paths)("every link of %s leads to a file or heading that there is", (path) => {
  const broken: string[] = [];
  for (const [, link = ""] of page(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : join(dirname(path), file);
    if (!existsSync(join(checkout, target))) broken.push(link);
    else if (anchor !== undefined && !anchors(target).includes(anchor)) broken.push(link);
  }
  expect(broken).toEqual([]);
});

test("the README leads to every page of docs/", () => {
  for (const path of paths.filter((each) => each.startsWith("docs/"))) expect(page("README.md")).toContain(`(${path}`);
});

test("the README stays short: at most 250 lines", () => {
  expect(page("README.md").split("\n").length).toBeLessThanOrEqual(250);
});
