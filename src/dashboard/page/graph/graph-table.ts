import { html, ItemList, type ItemView, setText } from "../dom.ts";
import { shortHash } from "../format.ts";
import type { NodeContent } from "./graph-node.ts";

const columns = ["Plugin", "Generation", "Artifact", "Last reload", "Calls", "Depends on", "Needed by"] as const;

const tables = new WeakMap<HTMLElement, ItemList<NodeContent>>();

/** Says in a table what the picture shows. */
export function fillGraphTable(parent: HTMLElement, contents: readonly NodeContent[]): void {
  let rows = tables.get(parent);
  if (rows === undefined) {
    const body = html("tbody");
    rows = new ItemList(body, ({ plugin }) => plugin.name, createRow);
    tables.set(parent, rows);
    const head = html("tr", {}, ...columns.map((title) => html("th", { scope: "col" }, title)));
    const caption = html("caption", { class: "unseen" }, "Plugins, dependencies first");
    parent.append(html("table", {}, caption, html("thead", {}, head), body));
  }
  rows.update(contents);
}

function createRow({ plugin: { name } }: NodeContent): ItemView<NodeContent> {
  const cells = columns.slice(1).map(() => html("td"));
  return {
    element: html("tr", {}, html("th", { scope: "row" }, name), ...cells),
    update({ plugin, calls, dependents }) {
      const values = [
        `#${plugin.generation}`,
        shortHash(plugin.hash),
        plugin.note,
        String(calls),
        plugin.deps.join(", ") || "–",
        dependents.join(", ") || "–",
      ];
      for (const [index, cell] of cells.entries()) setText(cell, values[index] ?? "");
    },
  };
}
