import type { VaultValue } from "../../../control/protocol.ts";
import { byId, html, type ItemView, ItemList, setText } from "../dom.ts";
import { count } from "../format.ts";
import { openDialog, request } from "./dialog.ts";
import { errorBox } from "./reloads.ts";
import type { Panel, Screen } from "./screen.ts";

const DATA_BAG = "Data bag";

interface Group {
  readonly title: string;
  readonly names: readonly string[];
}

/** From this many names on they can be searched. */
const FIND_FROM = 12;

/** The names in the vault: keys of the data bag, live functions and live types. A value is shown when its key is chosen. */
export class VaultPanel implements Panel {
  readonly #element = byId("vault", HTMLElement);
  readonly #summary = byId("vault-summary", HTMLElement);
  readonly #find = byId("vault-find", HTMLInputElement);
  readonly #list = new ItemList<Group>(this.#element, ({ title }) => title, createGroup);
  #screen: Screen | undefined;

  constructor() {
    this.#find.addEventListener("input", () => this.#show());
  }

  update(screen: Screen): void {
    this.#screen = screen;
    this.#show();
  }

  #show(): void {
    const { keys = [], liveFuncs = [], liveTypes = [] } = this.#screen?.feed.vault ?? {};
    const total = keys.length + liveFuncs.length + liveTypes.length;
    const wanted = this.#find.value.trim().toLowerCase();
    const matching = (names: readonly string[]): string[] =>
      names.filter((name) => name.toLowerCase().includes(wanted));
    const groups = [
      { title: DATA_BAG, names: matching(keys) },
      { title: "Live functions", names: matching(liveFuncs) },
      { title: "Live types", names: matching(liveTypes) },
    ].filter(({ names }) => names.length > 0);
    const found = groups.reduce((sum, { names }) => sum + names.length, 0);
    this.#list.update(groups);
    this.#find.hidden = total < FIND_FROM;
    this.#element.hidden = groups.length === 0;
    setText(this.#summary, total === 0 ? "empty" : wanted === "" ? count(total, "name") : `${found} of ${total}`);
  }
}

function createGroup({ title }: Group): ItemView<Group> {
  const amount = new Text();
  const heading = html("h3", {}, `${title} · `, amount);
  const names = html("ul", { class: "chips" });
  const list = new ItemList<string>(
    names,
    (name) => name,
    (name) => ({ element: html("li", {}, title === DATA_BAG ? valueButton(name) : name), update() {} }),
  );
  return {
    element: html("section", {}, heading, names),
    update(group) {
      amount.data = String(group.names.length);
      list.update(group.names);
    },
  };
}

function valueButton(key: string): HTMLElement {
  const button = html("button", { class: "link", type: "button" }, key);
  button.addEventListener("click", () => showValue(key));
  return button;
}

function showValue(key: string): void {
  const body = html("div", { class: "body" }, html("p", { class: "empty" }, "Reading…"));
  openDialog(key, "What the data bag holds under this key now.", body);
  void request(`api/vault?${new URLSearchParams({ key }).toString()}`, "GET").then((answer) => {
    if ("error" in answer) return body.replaceChildren(errorBox(answer.error));
    const { found, text } = answer.value as VaultValue;
    return body.replaceChildren(html("pre", { class: "excerpt", tabindex: 0 }, found ? text : "The key is gone."));
  });
}
