import { bundlePage } from "./bundle-page.ts" with { type: "macro" };
import type { PageSource } from "./bundle-page.ts";

/** A file of the page, as the browser gets it. */
export interface PageFile {
  readonly type: string;
  readonly content: string;
}

const { host, fleet } = bundlePage() as unknown as Awaited<ReturnType<typeof bundlePage>>;

/** A page's files by the path that the browser asks for. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** The page of one host. */
export const pageFiles = filesOf(host);

/** The page of a fleet. */
export const fleetFiles = filesOf(fleet);

function filesOf({ html, script, style }: PageSource): PageFiles {
  return new Map([
    ["", { type: "text/html; charset=utf-8", content: html }],
    ["page.css", { type: "text/css; charset=utf-8", content: style }],
    ["page.js", { type: "text/javascript; charset=utf-8", content: script }],
  ]);
}
