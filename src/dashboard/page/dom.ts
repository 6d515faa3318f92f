import { visible } from "../../visible.ts";

/** Attributes by name; `false` and `undefined` leave one out, `true` gives it without a value. */
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

type Child = Node | string | undefined;

/**
 * Makes an HTML element. Strings become text nodes and attribute values, never markup: whatever a plugin is called or an
 * error says, it is shown as it is, with characters that act on the text around them made visible.
 */
export function html<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  appendAll(element, children);
  return element;
}

/** {@link html} for SVG elements. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(element, attributes);
  appendAll(element, children);
  return element;
}

export function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) element.removeAttribute(name);
    else {
      const text = value === true ? "" : visible(String(value));
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

/** Sets the text where it differs, so that a selection in it survives. */
export function setText(element: Element, text: string): void {
  const shown = visible(text);
  if (element.textContent !== shown) element.textContent = shown;
}

/** The element of the page with this id. Throws a `TypeError` when the page has none of this class. */
export function byId<Type extends Element>(id: string, type: new () => Type): Type {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`the page has no ${type.name} #${id}`);
}

/** An element that shows an item and can be brought up to date. */
export interface ItemView<Item> {
  readonly element: Element;
  update(item: Item): void;
}

/** Keeps one child of `parent` for each item, by key: an item that stays keeps its element, with its focus. */
export class ItemList<Item> {
  readonly #parent: Element;
  readonly #keyOf: (item: Item) => string;
  readonly #create: (item: Item) => ItemView<Item>;
  readonly #views = new Map<string, ItemView<Item>>();

  /** `create` need not fill the element in: it is updated at once. */
  constructor(parent: Element, keyOf: (item: Item) => string, create: (item: Item) => ItemView<Item>) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#create = create;
  }

  update(items: Iterable<Item>): void {
    const stale = new Set(this.#views.keys());
    let next = this.#parent.firstElementChild;
    for (const item of items) {
      const key = this.#keyOf(item);
      stale.delete(key);
      const view = this.#views.get(key) ?? this.#create(item);
      this.#views.set(key, view);
      if (view.element === next) next = next.nextElementSibling;
      else this.#parent.insertBefore(view.element, next);
      view.update(item);
    }
    for (const key of stale) {
      this.#views.get(key)?.element.remove();
      this.#views.delete(key);
    }
  }

  get(key: string): Element | undefined {
    return this.#views.get(key)?.element;
  }
}

function appendAll(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child !== undefined) element.append(typeof child === "string" ? visible(child) : child);
  }
}
