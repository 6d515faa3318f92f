import type { Metrics } from "../../../control/protocol.ts";
import { html } from "../dom.ts";
import { formatDuration } from "../format.ts";
import { request } from "./dialog.ts";

type Counted = Metrics["generations"][number];
type FunctionMetrics = Counted["functions"][number];

/** In ms: how often the host is asked while somebody looks. */
const ASK_EVERY = 2000;

/** What the functions of one plugin did, by generation, so that two versions can be compared. */
export class FunctionTable {
  readonly element = html("div", { class: "functions" });
  #plugin: string | undefined;
  #names: readonly string[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #shown = "";

  /** Shows a plugin with these functions, or none. */
  show(plugin: string | undefined, names: readonly string[]): void {
    const isOther = plugin !== this.#plugin;
    this.#plugin = plugin;
    this.#names = names;
    if (isOther) {
      this.#askedAt = Number.NEGATIVE_INFINITY;
      this.#draw([]);
    }
    void this.#ask();
  }

  tick(): void {
    if (!document.hidden) void this.#ask();
  }

  async #ask(): Promise<void> {
    const plugin = this.#plugin;
    if (plugin === undefined || performance.now() - this.#askedAt < ASK_EVERY) return;
    this.#askedAt = performance.now();
    const answer = await request(`api/metrics?${new URLSearchParams({ plugin }).toString()}`, "GET");
    // Another one may be chosen by now. What was shown stays where there is no answer: the page says that the host is gone.
    if (plugin === this.#plugin && "value" in answer) this.#draw(answer.value as readonly Counted[]);
  }

  #draw(generations: readonly Counted[]): void {
    const shown = JSON.stringify([this.#plugin, this.#names, generations]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.replaceChildren(...contentOf(this.#names, generations));
  }
}

function contentOf(names: readonly string[], generations: readonly Counted[]): Node[] {
  const counted = generations.filter(({ functions }) => functions.length > 0);
  const isCounted = counted.some(({ functions }) => functions.some(({ calls }) => calls !== undefined));
  if (counted.length === 0) {
    if (names.length === 0) return [html("p", {}, "none by name")];
    return [html("ul", { class: "chips" }, ...names.map((name) => html("li", {}, name)))];
  }
  const titles = ["Function", ...(isCounted ? ["Calls", "Failed", "Under way", "p50", "p99"] : ["Failed"])];
  return [
    html(
      "table",
      {},
      html("caption", { class: "unseen" }, "What its functions did, by generation"),
      html("thead", {}, html("tr", {}, ...titles.map((title) => html("th", { scope: "col" }, title)))),
      ...counted.toReversed().map((generation) => bodyOf(generation, names, isCounted, titles.length)),
    ),
  ];
}

function bodyOf(
  { generation, state, functions }: Counted,
  names: readonly string[],
  isCounted: boolean,
  columns: number,
): HTMLElement {
  const known = new Map(functions.map((fn) => [fn.name, fn]));
  const others = functions.map(({ name }) => name).filter((name) => !names.includes(name));
  const listed = state === "live" ? [...names, ...others] : functions.map(({ name }) => name);
  const head = html("th", { scope: "rowgroup", colspan: columns }, `#${generation}, ${state}`);
  return html("tbody", {}, html("tr", {}, head), ...listed.map((name) => rowOf(name, known.get(name), isCounted)));
}

function rowOf(name: string, fn: FunctionMetrics | undefined, isCounted: boolean): HTMLElement {
  const time = (ms: number | undefined): string => (ms === undefined ? "" : formatDuration(ms));
  const failures = fn?.failures ?? 0;
  const cell = (text: string, look = ""): HTMLElement => html("td", { class: `number ${look}`.trim() }, text);
  return html(
    "tr",
    {},
    html("th", { scope: "row" }, html("code", {}, name)),
    ...(isCounted ? [cell(String(fn?.calls ?? 0))] : []),
    cell(String(failures), failures > 0 ? "bad" : ""),
    ...(isCounted ? [cell(String(fn?.underWay ?? 0)), cell(time(fn?.p50)), cell(time(fn?.p99))] : []),
  );
}
