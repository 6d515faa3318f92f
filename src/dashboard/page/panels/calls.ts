import type { GenerationSpan } from "../../feed.ts";
import { byId, html, type ItemView, ItemList, setText } from "../dom.ts";
import { count } from "../format.ts";
import { type Panel, type Screen, type Select, stateName } from "./screen.ts";

interface Row {
  readonly span: GenerationSpan;
  /** Share of the most calls that any generation has, up to 1. */
  readonly share: number;
}

/** The generations that work, the busiest first. */
export class CallsPanel implements Panel {
  readonly #element = byId("calls", HTMLElement);
  readonly #summary = byId("calls-summary", HTMLElement);
  readonly #list: ItemList<Row>;

  constructor(select: Select) {
    this.#list = new ItemList(
      this.#element,
      ({ span }) => `${span.plugin}#${span.number}`,
      ({ span }) => createRow(span, select),
    );
  }

  update({ feed }: Screen): void {
    const busy = (feed.generations ?? [])
      .filter(({ calls }) => calls > 0)
      .toSorted((a, b) => b.calls - a.calls || (a.plugin < b.plugin ? -1 : 1));
    const most = busy[0]?.calls ?? 1;
    this.#list.update(busy.map((span) => ({ span, share: span.calls / most })));
    const total = busy.reduce((sum, { calls }) => sum + calls, 0);
    this.#element.hidden = total === 0;
    setText(this.#summary, total === 0 ? "none" : `${total} in ${count(busy.length, "generation")}`);
  }
}

function createRow({ plugin, number }: GenerationSpan, select: Select): ItemView<Row> {
  const name = html("button", { class: "link", type: "button" }, plugin);
  name.addEventListener("click", () => select(plugin));
  const about = html("span", { class: "when" });
  const amount = html("strong");
  const bar = html("div");
  const element = html(
    "li",
    {},
    html("span", { class: "who" }, name, " ", about),
    html("div", { class: "bar" }, bar),
    amount,
  );
  return {
    element,
    update({ span, share }) {
      const state = stateName(span);
      element.className = state;
      setText(about, `#${number}${state === "live" ? "" : `, ${state}`}`);
      setText(amount, String(span.calls));
      bar.style.width = `${share * 100}%`;
    },
  };
}
