import type { HostStatus } from "../../feed.ts";
import { byId, html, type ItemView, ItemList, setText } from "../dom.ts";
import { count, formatAgo } from "../format.ts";
import type { Panel, Screen, Select } from "./screen.ts";

type ErrorReport = HostStatus["errors"][number];

interface Row {
  readonly error: ErrorReport;
  readonly now: number;
}

/** Errors of plugins that are alike, the newest first, each with its place in the source. Not there when there are none. */
export class ErrorsPanel implements Panel {
  readonly #section = byId("errors-panel", HTMLElement);
  readonly #summary = byId("errors-summary", HTMLElement);
  readonly #list: ItemList<Row>;
  #errors: readonly ErrorReport[] = [];

  constructor(select: Select) {
    this.#list = new ItemList<Row>(
      byId("errors", HTMLElement),
      ({ error }) => keyOf(error),
      ({ error }) => createRow(error, select),
    );
  }

  update({ feed }: Screen): void {
    this.#errors = feed.status?.errors ?? [];
    this.#section.hidden = this.#errors.length === 0;
    const total = this.#errors.reduce((sum, { count: times }) => sum + times, 0);
    setText(this.#summary, `${total} of ${count(this.#errors.length, "kind")}`);
    this.tick(Date.now());
  }

  tick(now: number): void {
    this.#list.update(this.#errors.map((error) => ({ error, now })));
  }
}

function keyOf({ plugin, generation, source, function: name, place, message, firstAt }: ErrorReport): string {
  return [plugin, generation, source, name, place?.file, place?.line, message, firstAt].join("\n");
}

function createRow(first: ErrorReport, select: Select): ItemView<Row> {
  const when = html("span", { class: "when" });
  const times = html("span", { class: "took" });
  const message = html("span", { class: "outcome" });
  const more = html("div", { class: "more" });
  const details = html(
    "details",
    {},
    html("summary", {}, html("strong", {}, `${first.plugin}#${first.generation}`), when, times, message),
    more,
  );
  let newest = first;
  details.addEventListener("toggle", () => {
    if (details.open) more.replaceChildren(...moreOf(newest, select));
  });
  return {
    element: html("li", { class: "failed" }, details),
    update({ error, now }) {
      newest = error;
      setText(when, formatAgo(now - Date.parse(error.lastAt)));
      setText(times, error.count === 1 ? "once" : `${error.count} times`);
      setText(message, `${error.name}: ${error.message}`);
    },
  };
}

function moreOf(error: ErrorReport, select: Select): HTMLElement[] {
  const { plugin, place, excerpt, stack, firstAt } = error;
  const button = html("button", { class: "link", type: "button" }, plugin);
  button.addEventListener("click", () => select(plugin));
  const where = place === null ? "" : `${place.file}:${place.line}:${place.column}`;
  return [
    html("p", { class: "when" }, button, `, ${sourceOf(error)}, first ${formatAgo(Date.now() - Date.parse(firstAt))}`),
    ...(where === "" ? [] : [html("p", { class: "place" }, html("code", {}, where))]),
    ...(excerpt === null ? [] : [html("pre", { class: "excerpt", tabindex: 0 }, excerpt)]),
    ...(stack === "" ? [] : [html("details", {}, html("summary", {}, "Stack"), html("pre", { tabindex: 0 }, stack))]),
  ];
}

function sourceOf({ source, function: name }: ErrorReport): string {
  if (source === "call") return `a call of ${name ?? "a function"}()`;
  return source === "unhandledRejection" ? "a rejection that nobody handled" : "background work";
}
