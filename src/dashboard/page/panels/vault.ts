import { byId, html, type ItemView, ItemList, setText } from "../dom.ts";
import { count } from "../format.ts";
import type { Panel, Screen } from "./screen.ts";

interface Group {
  readonly title: string;
  readonly names: readonly string[];
}

/** From this many names on they can be searched. */
const FIND_FROM = 12;

/** The names in the vault: keys of the data bag, live functions and live types. Never a value. */
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
      { title: "Data bag", names: matching(keys) },
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
    (name) => ({ element: html("li", {}, name), update() {} }),
  );
  return {
    element: html("section", {}, heading, names),
    update(group) {
      amount.data = String(group.names.length);
      list.update(group.names);
    },
  };
}
