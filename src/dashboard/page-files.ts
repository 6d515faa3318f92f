import { bundlePage } from "./bundle-page.ts" with { type: "macro" };

/** A file of the page, as the browser gets it. */
export interface PageFile {
  readonly type: string;
  readonly content: string;
}

const { html, script, style } = bundlePage() as unknown as Awaited<ReturnType<typeof bundlePage>>;

/** The page's files by the path that the browser asks for. */
export const pageFiles: ReadonlyMap<string, PageFile> = new Map([
  ["", { type: "text/html; charset=utf-8", content: html }],
  ["page.css", { type: "text/css; charset=utf-8", content: style }],
  ["page.js", { type: "text/javascript; charset=utf-8", content: script }],
]);
