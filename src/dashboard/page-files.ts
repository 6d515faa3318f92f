/** A file of the page, as the browser gets it. */
export interface PageFile {
  readonly type: string;
  readonly content: string;
}

/** What `import(..., { with: { type: "text" } })` answers. */
interface Text {
  readonly default: string;
}

/**
 * The page's files by the path that the browser asks for. Text imports, so that a bundled or compiled host carries them; `as
 * string` keeps the compiler from taking code of the browser for code of the program, where other globals are declared.
 */
const sources: Readonly<Record<string, () => Promise<Text>>> = {
  "index.html": () => import("./page/index.html" as string, { with: { type: "text" } }),
  "page/dom.ts": () => import("./page/dom.ts" as string, { with: { type: "text" } }),
  "page/feed-client.ts": () => import("./page/feed-client.ts" as string, { with: { type: "text" } }),
  "page/format.ts": () => import("./page/format.ts" as string, { with: { type: "text" } }),
  "page/style/base.css": () => import("./page/style/base.css" as string, { with: { type: "text" } }),
  "page/style/panels.css": () => import("./page/style/panels.css" as string, { with: { type: "text" } }),
  "page/style/lists.css": () => import("./page/style/lists.css" as string, { with: { type: "text" } }),
  "page/style/dialog.css": () => import("./page/style/dialog.css" as string, { with: { type: "text" } }),
  "page/style/graph.css": () => import("./page/style/graph.css" as string, { with: { type: "text" } }),
  "page/style/timeline.css": () => import("./page/style/timeline.css" as string, { with: { type: "text" } }),
  "page/style/legend.css": () => import("./page/style/legend.css" as string, { with: { type: "text" } }),
  "page/main.ts": () => import("./page/main.ts" as string, { with: { type: "text" } }),
  "page/tooltip.ts": () => import("./page/tooltip.ts" as string, { with: { type: "text" } }),
  "page/graph/align.ts": () => import("./page/graph/align.ts" as string, { with: { type: "text" } }),
  "page/graph/arrow-keys.ts": () => import("./page/graph/arrow-keys.ts" as string, { with: { type: "text" } }),
  "page/graph/graph-node.ts": () => import("./page/graph/graph-node.ts" as string, { with: { type: "text" } }),
  "page/graph/graph-panel.ts": () => import("./page/graph/graph-panel.ts" as string, { with: { type: "text" } }),
  "page/graph/graph-table.ts": () => import("./page/graph/graph-table.ts" as string, { with: { type: "text" } }),
  "page/graph/layers.ts": () => import("./page/graph/layers.ts" as string, { with: { type: "text" } }),
  "page/graph/layout.ts": () => import("./page/graph/layout.ts" as string, { with: { type: "text" } }),
  "page/graph/order.ts": () => import("./page/graph/order.ts" as string, { with: { type: "text" } }),
  "page/graph/text-width.ts": () => import("./page/graph/text-width.ts" as string, { with: { type: "text" } }),
  "page/timeline/rows.ts": () => import("./page/timeline/rows.ts" as string, { with: { type: "text" } }),
  "page/timeline/scale.ts": () => import("./page/timeline/scale.ts" as string, { with: { type: "text" } }),
  "page/timeline/span-bar.ts": () => import("./page/timeline/span-bar.ts" as string, { with: { type: "text" } }),
  "page/timeline/timeline-panel.ts": () =>
    import("./page/timeline/timeline-panel.ts" as string, { with: { type: "text" } }),
  "page/timeline/timeline-table.ts": () =>
    import("./page/timeline/timeline-table.ts" as string, { with: { type: "text" } }),
  "page/panels/actions.ts": () => import("./page/panels/actions.ts" as string, { with: { type: "text" } }),
  "page/panels/calls.ts": () => import("./page/panels/calls.ts" as string, { with: { type: "text" } }),
  "page/panels/connection.ts": () => import("./page/panels/connection.ts" as string, { with: { type: "text" } }),
  "page/panels/details.ts": () => import("./page/panels/details.ts" as string, { with: { type: "text" } }),
  "page/panels/facts.ts": () => import("./page/panels/facts.ts" as string, { with: { type: "text" } }),
  "page/panels/reloads.ts": () => import("./page/panels/reloads.ts" as string, { with: { type: "text" } }),
  "page/panels/screen.ts": () => import("./page/panels/screen.ts" as string, { with: { type: "text" } }),
  "page/panels/switch.ts": () => import("./page/panels/switch.ts" as string, { with: { type: "text" } }),
  "page/panels/vault.ts": () => import("./page/panels/vault.ts" as string, { with: { type: "text" } }),
};

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  ts: "text/javascript; charset=utf-8",
};

const transpiler = new Bun.Transpiler({ loader: "ts", target: "browser" });

const prepared = new Map<string, Promise<PageFile>>();

/** The file of this path, or `undefined` when the page has none. Each is prepared once, when it is first asked for. */
export function pageFile(path: string): Promise<PageFile> | undefined {
  const load = Object.hasOwn(sources, path) ? sources[path] : undefined;
  if (load === undefined) return undefined;
  let file = prepared.get(path);
  if (file === undefined) {
    file = prepare(path, load);
    prepared.set(path, file);
  }
  return file;
}

async function prepare(path: string, load: () => Promise<Text>): Promise<PageFile> {
  const { default: source } = await load();
  const extension = path.slice(path.lastIndexOf(".") + 1);
  const content = extension === "ts" ? await transpiler.transform(source) : source;
  return { type: types[extension] ?? "text/plain", content };
}
