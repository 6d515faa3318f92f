import type { GenerationSpan, HostStatus } from "../../feed.ts";
import type { Explained } from "../../../control/protocol.ts";
import { byId, html } from "../dom.ts";
import { formatAgo, formatClock, shortHash } from "../format.ts";
import { openDialog, request } from "./dialog.ts";
import { FunctionTable } from "./function-table.ts";
import { errorBox } from "./reloads.ts";
import { callsByPlugin, type Panel, type Screen, type Select, stateName } from "./screen.ts";

type PluginStatus = HostStatus["plugins"][number];

/** Everything about the chosen plugin. */
export class DetailsPanel implements Panel {
  readonly #element = byId("details", HTMLElement);
  readonly #select: Select;
  readonly #functions = new FunctionTable();
  #shown = "";

  constructor(select: Select) {
    this.#select = select;
  }

  update({ feed, selected }: Screen): void {
    const plugin = feed.status?.plugins.find(({ name }) => name === selected);
    this.#element.hidden = plugin === undefined;
    this.#functions.show(plugin?.name, plugin?.functions ?? []);
    if (plugin === undefined || !feed.status) {
      this.#shown = "";
      return;
    }
    const dependents = feed.status.plugins.filter(({ deps }) => deps.includes(plugin.name)).map(({ name }) => name);
    const generations = (feed.generations ?? []).filter((span) => span.plugin === plugin.name);
    // Built anew only when it says something else: a focus inside it stays.
    const shown = JSON.stringify([plugin, dependents, generations]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const focused = document.activeElement?.getAttribute("data-focus");
    this.#element.replaceChildren(...this.#contentOf(plugin, dependents, generations));
    if (focused == null) return;
    for (const control of this.#element.querySelectorAll<HTMLElement>("[data-focus]")) {
      if (control.dataset["focus"] === focused) control.focus();
    }
  }

  tick(): void {
    this.#functions.tick();
  }

  #contentOf(plugin: PluginStatus, dependents: readonly string[], generations: readonly GenerationSpan[]): Node[] {
    const close = html(
      "button",
      { class: "plain", type: "button", "aria-label": "Close details", "data-focus": "close" },
      "×",
    );
    close.addEventListener("click", () => this.#select(undefined));
    const calls = callsByPlugin(generations).get(plugin.name) ?? 0;
    const loadedAt = Date.parse(plugin.loadedAt);
    const older = generations.filter(({ number, state }) => number !== plugin.generation && state !== "collected");
    const pairs = html("dl", { class: "pairs" });
    const add = (name: string, ...value: (Node | string)[]): void =>
      pairs.append(html("dt", {}, name), html("dd", {}, ...value));
    add("Generation", `#${plugin.generation}, loaded ${formatClock(loadedAt)} (${formatAgo(Date.now() - loadedAt)})`);
    add("Artifact", html("code", { title: plugin.hash }, shortHash(plugin.hash)));
    if (plugin.file !== "") add("File", html("code", {}, plugin.file));
    add("Reloadable", plugin.reloadable ? "yes" : "no: it stays as it is until the host ends");
    add("Calls", calls === 0 ? "none under way" : `${calls} under way`);
    const errors = plugin.failures + plugin.uncaught;
    if (errors > 0) add("Errors", `${plugin.failures} of calls, ${plugin.uncaught} uncaught`);
    if (older.length > 0) add("Also in memory", ...older.flatMap((span) => olderOf(span)));
    const note = html("span", { class: `note ${plugin.note.replace(" ", "-")}` }, plugin.note);
    return [
      html(
        "header",
        {},
        html("h2", { id: "details-title" }, plugin.name),
        html("p", { class: "summary", title: "What the last load or reload did with it" }, note),
        close,
      ),
      html(
        "div",
        { class: "details" },
        pairs,
        this.#plugins("Depends on", plugin.deps, "on no other plugin"),
        this.#plugins("Needed by", dependents, "by no other plugin"),
        html("section", {}, html("h3", {}, "Functions"), this.#functions.element),
      ),
    ];
  }

  #plugins(title: string, plugins: readonly string[], none: string): HTMLElement {
    const list = html("ul", { class: "chips" });
    for (const plugin of plugins) {
      const button = html("button", { class: "link", type: "button", "data-focus": `${title} ${plugin}` }, plugin);
      button.addEventListener("click", () => this.#select(plugin));
      list.append(html("li", {}, button));
    }
    return html("section", {}, html("h3", {}, title), plugins.length === 0 ? html("p", {}, none) : list);
  }
}

/** An older generation; of one that leaked, what holds it can be asked for. */
function olderOf(span: GenerationSpan): (Node | string)[] {
  const label = `#${span.number} (${stateName(span)}) `;
  if (stateName(span) !== "leaked") return [label];
  const why = html("button", { class: "link", type: "button", "data-focus": `why ${span.number}` }, "why?");
  why.addEventListener("click", () => explain(span));
  return [label, why, " "];
}

function explain({ plugin, number }: GenerationSpan): void {
  const body = html("div", { class: "body" }, html("p", { class: "empty" }, "Looking through the host's memory…"));
  openDialog(`Why is ${plugin}#${number} in memory?`, "It was freed, and something still refers to its code.", body);
  const query = new URLSearchParams({ plugin, number: String(number) });
  void request(`api/explain?${query.toString()}`, "GET").then((answer) => {
    if ("error" in answer) body.replaceChildren(errorBox(answer.error));
    else body.replaceChildren(html("pre", { class: "excerpt", tabindex: 0 }, (answer.value as Explained).text));
  });
}
