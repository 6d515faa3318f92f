import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

export const checkout = join(import.meta.dir, "..", "..");

/** Every page that a reader gets, by its path in the checkout. */
export const documents: Readonly<Record<string, string>> = await readDocuments();

async function readDocuments(): Promise<Record<string, string>> {
  const paths = ["*.md", "docs/*.md"].flatMap((pattern) => [...new Bun.Glob(pattern).scanSync(checkout)].toSorted());
  const texts = await Promise.all(paths.map((path) => Bun.file(join(checkout, path)).text()));
  return Object.fromEntries(paths.map((path, index) => [path, texts[index] ?? ""]));
}

/** The text of the page at `path`. */
export function page(path: string): string {
  const text = documents[path];
  if (text === undefined) throw new Error(`there is no ${path}`);
  return text;
}

/** The links of the page at `path`, from the checkout, that lead to no file or heading of the checkout. */
export async function brokenLinks(path: string): Promise<string[]> {
  const broken: string[] = [];
  const known = new Map<string, ReadonlySet<string>>();
  const read = (file: string) => Bun.file(join(checkout, file)).text();
  for (const [, link = ""] of (await read(path)).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : join(dirname(path), file);
    if (!existsSync(join(checkout, target))) {
      broken.push(link);
    } else if (anchor !== undefined) {
      const anchors = known.get(target) ?? anchorsOf(await read(target));
      known.set(target, anchors);
      if (!anchors.has(anchor)) broken.push(link);
    }
  }
  return broken;
}

/** The anchors of a page: those that it sets, and those of its headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set(Array.from(text.matchAll(/<a id="([^"]+)"><\/a>/g), ([, id = ""]) => id));
  for (const [, heading = ""] of text.matchAll(/^#+ (.+)$/gm)) {
    const plain = heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-");
    let anchor = plain;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${plain}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
