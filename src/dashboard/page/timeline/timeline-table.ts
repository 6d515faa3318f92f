import type { GenerationSpan } from "../../feed.ts";
import { html, ItemList, type ItemView, setText } from "../dom.ts";
import { formatAge, formatClock, shortHash } from "../format.ts";
import { stateName } from "../panels/screen.ts";
import { beginOf } from "./rows.ts";

const columns = [
  "Plugin",
  "Generation",
  "State",
  "Artifact",
  "Calls",
  "Loaded",
  "Draining",
  "Freed",
  "Memory back",
] as const;

interface Entry {
  readonly span: GenerationSpan;
  readonly now: number;
}

/** Says in a table what the time line shows. */
export class TimelineTable {
  readonly #rows: ItemList<Entry>;

  constructor(parent: HTMLElement) {
    const head = html("tr", {}, ...columns.map((title) => html("th", { scope: "col" }, title)));
    const body = html("tbody");
    const caption = html("caption", { class: "unseen" }, "Generations by plugin");
    parent.append(html("table", {}, caption, html("thead", {}, head), body));
    this.#rows = new ItemList(body, ({ span }) => `${span.plugin}#${span.number}`, createRow);
  }

  update(spans: readonly GenerationSpan[], now: number): void {
    this.#rows.update(spans.map((span) => ({ span, now })));
  }
}

function createRow({ span: { plugin } }: Entry): ItemView<Entry> {
  const state = html("span");
  const cells = columns.slice(1).map((title) => html("td", {}, title === "State" ? state : undefined));
  return {
    element: html("tr", {}, html("th", { scope: "row" }, plugin), ...cells),
    update({ span, now }) {
      const { reached } = span;
      state.className = `note ${stateName(span)}`;
      setText(state, stateName(span));
      const values = [
        `#${span.number}`,
        undefined,
        shortHash(span.hash),
        String(span.calls),
        `${formatClock(beginOf(span))} (${formatAge(now - beginOf(span))} ago)`,
        moment(reached.draining),
        moment(reached.freed),
        moment(reached.collected),
      ];
      for (const [index, cell] of cells.entries()) {
        const value = values[index];
        if (value !== undefined) setText(cell, value);
      }
    },
  };
}

function moment(time: number | undefined): string {
  return time === undefined ? "–" : formatClock(time);
}
