import type { FeedPart, GenerationSpan } from "../../feed.ts";
import { byId, html, setAttributes, setText, svg } from "../dom.ts";
import { count } from "../format.ts";
import { callsByPlugin, type Panel, type Screen, type Select } from "../panels/screen.ts";
import { fillPictureSwitch } from "../panels/switch.ts";
import { GraphNode, type NodeContent, roomBesidesName } from "./graph-node.ts";
import { nextInDirection } from "./arrow-keys.ts";
import { fillGraphTable } from "./graph-table.ts";
import { type GraphLayout, isLarge, layoutGraph } from "./layout.ts";
import { nameMeasure } from "./text-width.ts";

/** The plugins and what they depend on, as a picture and as a table. */
export class GraphPanel implements Panel {
  readonly #picture = byId("graph-picture", HTMLElement);
  readonly #table = byId("graph-table", HTMLElement);
  readonly #summary = byId("graph-summary", HTMLElement);
  readonly #find = byId("graph-find", HTMLInputElement);
  readonly #bands = svg("g", { "aria-hidden": "true" });
  readonly #edges = svg("g", { "aria-hidden": "true" });
  readonly #nodeLayer = svg("g");
  readonly #svg = svg(
    "svg",
    { role: "group", "aria-label": "Dependency graph: arrow keys move between plugins" },
    this.#bands,
    this.#edges,
    this.#nodeLayer,
  );
  readonly #empty = html("p", { class: "empty" }, "No plugin is loaded.");
  readonly #nodes = new Map<string, GraphNode>();
  readonly #select: Select;
  #layout: GraphLayout | undefined;
  #layoutKey = "";
  #screen: Screen | undefined;
  /** The plugin that the pointer is over. */
  #hovered: string | undefined;

  constructor(select: Select) {
    this.#select = select;
    this.#picture.append(this.#svg, this.#empty);
    fillPictureSwitch(byId("graph-switch", HTMLFieldSetElement), this.#picture, this.#table);
    this.#listen();
    fillLegend();
  }

  update(screen: Screen, changed: ReadonlySet<FeedPart>): void {
    this.#screen = screen;
    if (changed.size === 0 || changed.has("status") || changed.has("generations")) this.#draw();
    this.#trace();
  }

  #listen(): void {
    new ResizeObserver(() => this.#draw()).observe(this.#picture);
    this.#find.addEventListener("input", () => this.#trace());
    this.#svg.addEventListener("click", ({ target }) => {
      const plugin = pluginAt(target);
      this.#select(plugin === this.#screen?.selected ? undefined : plugin);
    });
    this.#svg.addEventListener("pointerover", ({ target }) => this.#hover(pluginAt(target)));
    this.#svg.addEventListener("pointerleave", () => this.#hover(undefined));
    // Not of the picture itself: Chromium lets the tab key stop at an SVG element that listens for the focus.
    this.#picture.addEventListener("focusin", ({ target }) => this.#hover(pluginAt(target)));
    this.#picture.addEventListener("focusout", () => this.#hover(undefined));
    this.#svg.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #pressed(event: KeyboardEvent): void {
    const plugin = pluginAt(event.target);
    if (plugin === undefined || this.#layout === undefined) return;
    if (event.key === "Enter" || event.key === " ") this.#select(plugin);
    else if (event.key === "Escape") this.#select(undefined);
    else {
      const next = nextInDirection(event.key, plugin, this.#layout);
      if (next === undefined) return;
      this.#focus(next);
    }
    event.preventDefault();
  }

  /** Moves the focus, and with it the one place in the picture that the tab key comes to. */
  #focus(plugin: string): void {
    for (const [name, { element }] of this.#nodes) element.setAttribute("tabindex", name === plugin ? "0" : "-1");
    this.#nodes.get(plugin)?.element.focus();
  }

  #hover(plugin: string | undefined): void {
    if (plugin === this.#hovered) return;
    this.#hovered = plugin;
    this.#trace();
  }

  #draw(): void {
    const status = this.#screen?.feed.status;
    if (!status) return;
    const { plugins } = status;
    document.body.classList.toggle("large", isLarge(plugins.length));
    const width = this.#picture.clientWidth;
    const measures = { small: nameMeasure(true), normal: nameMeasure(false) };
    const widths = new Map(
      plugins.map((plugin) => {
        const besides = roomBesidesName(plugin);
        return [
          plugin.name,
          [measures.normal, measures.small].map(({ widthOf, fit }) => Math.ceil(widthOf(fit(plugin.name)) + besides)),
        ];
      }),
    );
    // A picture that is not shown has no width: it is laid out when it is.
    const key = JSON.stringify([width, plugins.map(({ name, deps }) => [name, deps, widths.get(name)])]);
    if (width > 0 && (this.#layout === undefined || key !== this.#layoutKey)) {
      this.#layoutKey = key;
      this.#layout = layoutGraph(plugins, { width, widthOf: (name, small) => widths.get(name)?.[small ? 1 : 0] ?? 0 });
      this.#drawFrame(this.#layout, plugins.length);
    }
    const contents = contentsOf(plugins, this.#screen?.feed.generations ?? [], this.#layout);
    if (this.#layout !== undefined) {
      const { fit } = this.#layout.small ? measures.small : measures.normal;
      this.#drawNodes(contents, this.#layout, fit);
    }
    fillGraphTable(this.#table, contents);
    const links = plugins.reduce((sum, { deps }) => sum + deps.length, 0);
    setText(
      this.#summary,
      `${count(plugins.length, "plugin")}, ${links} ${links === 1 ? "dependency" : "dependencies"}`,
    );
    this.#empty.hidden = plugins.length > 0;
    this.#svg.toggleAttribute("hidden", plugins.length === 0);
  }

  /** What stays as it is until the set of plugins changes. */
  #drawFrame(layout: GraphLayout, plugins: number): void {
    const { width, height, bands, edges, singleTop, small } = layout;
    setAttributes(this.#svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    this.#svg.classList.toggle("small", small);
    this.#svg.classList.toggle("crowded", isLarge(plugins));
    const bottom = singleTop === null ? height : singleTop - 24;
    this.#bands.replaceChildren(
      ...bands.flatMap((band) => [
        svg("rect", { class: "band", x: band.x - 10, y: 8, width: band.width + 20, height: bottom - 16, rx: 8 }),
        svg("text", { class: "band-name", x: band.x, y: 26 }, band.depth === 0 ? "loads first" : `depth ${band.depth}`),
      ]),
    );
    if (singleTop !== null) {
      this.#bands.append(svg("text", { class: "single-name", x: 16, y: singleTop - 8 }, "connected to nothing"));
    }
    this.#edges.replaceChildren(
      ...edges.map(({ from, to, path }) => svg("path", { class: "edge", d: path, "data-from": from, "data-to": to })),
    );
  }

  #drawNodes(contents: readonly NodeContent[], layout: GraphLayout, fit: (name: string) => string): void {
    const stale = new Set(this.#nodes.keys());
    for (const content of contents) {
      const { name } = content.plugin;
      const box = layout.boxes.get(name);
      if (box === undefined) continue;
      stale.delete(name);
      let node = this.#nodes.get(name);
      if (node === undefined) {
        node = new GraphNode(name);
        this.#nodes.set(name, node);
        this.#nodeLayer.append(node.element);
      }
      node.update(content, box, fit(name));
    }
    for (const name of stale) {
      this.#nodes.get(name)?.element.remove();
      this.#nodes.delete(name);
    }
    if (!this.#svg.querySelector('[tabindex="0"]')) this.#nodeLayer.firstElementChild?.setAttribute("tabindex", "0");
  }

  /** Shows what the plugin that is pointed at or chosen is connected to, or those that are looked for. */
  #trace(): void {
    const selected = this.#screen?.selected;
    const wanted = this.#find.value.trim().toLowerCase();
    const subject = this.#hovered ?? (wanted === "" ? selected : undefined);
    const neighbours = this.#layout?.neighbours;
    const deps = subject === undefined ? undefined : neighbours?.closure(subject, "deps");
    const dependents = subject === undefined ? undefined : neighbours?.closure(subject, "dependents");
    const isNear = (name: string): boolean =>
      subject === undefined
        ? wanted !== "" && name.toLowerCase().includes(wanted)
        : name === subject || deps?.has(name) === true || dependents?.has(name) === true;
    this.#svg.classList.toggle("tracing", subject !== undefined || wanted !== "");
    for (const [name, { element }] of this.#nodes) {
      element.classList.toggle("near", isNear(name));
      element.classList.toggle("selected", name === selected);
      setAttributes(element, { "aria-pressed": String(name === selected) });
    }
    for (const edge of this.#edges.children) {
      const from = edge.getAttribute("data-from") ?? "";
      const to = edge.getAttribute("data-to") ?? "";
      edge.classList.toggle("to-dep", deps?.has(from) === true && (to === subject || deps.has(to)));
      edge.classList.toggle("to-dependent", dependents?.has(to) === true && (from === subject || dependents.has(from)));
    }
  }
}

function contentsOf(
  plugins: readonly NodeContent["plugin"][],
  generations: readonly GenerationSpan[],
  layout: GraphLayout | undefined,
): NodeContent[] {
  const byPlugin = Map.groupBy(
    generations.filter(({ state }) => state !== "collected"),
    ({ plugin }) => plugin,
  );
  const calls = callsByPlugin(generations);
  return plugins.map((plugin) => ({
    plugin,
    dependents: layout?.neighbours.dependents.get(plugin.name) ?? [],
    older: (byPlugin.get(plugin.name) ?? []).filter(({ number }) => number < plugin.generation),
    calls: calls.get(plugin.name) ?? 0,
  }));
}

function pluginAt(target: EventTarget | null): string | undefined {
  const node = target instanceof Element ? target.closest("[data-plugin]") : null;
  return node?.getAttribute("data-plugin") ?? undefined;
}

function fillLegend(): void {
  const keys: readonly (readonly [string, string])[] = [
    ["ok", "loaded anew"],
    ["relinked", "relinked"],
    ["unchanged", "unchanged"],
    ["calls-key", "calls under way"],
    ["draining", "behind it: draining"],
    ["freed", "freed"],
    ["leaked", "leaked"],
  ];
  byId("graph-legend", HTMLElement).append(
    ...keys.map(([key, meaning]) => html("span", {}, html("i", { class: `key ${key}` }), meaning)),
  );
}
