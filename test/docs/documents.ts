import { join } from "node:path";

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
