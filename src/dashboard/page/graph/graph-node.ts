import type { GenerationSpan, HostStatus } from "../../feed.ts";
import { setText, svg } from "../dom.ts";
import { count, formatAgo, formatClock } from "../format.ts";
import { stateName } from "../panels/screen.ts";
import { setTooltip } from "../tooltip.ts";
import type { Box } from "./layout.ts";

/** What a box shows. */
export interface NodeContent {
  readonly plugin: HostStatus["plugins"][number];
  readonly dependents: readonly string[];
  /** Generations besides the live one that are still in memory. */
  readonly older: readonly GenerationSpan[];
  readonly calls: number;
}

/** At most so many older generations are drawn behind a box. */
const OLDER_SHOWN = 3;
/** How far each of them sticks out, in px. */
const OLDER_STEP = 4;
/** Room for the mark at the left and the number at the right, in px. */
const ROOM = { left: 14, number: 8, right: 9, lock: 19 };

/** A plugin in the picture: a button that is drawn. */
export class GraphNode {
  readonly element: SVGGElement;
  readonly #older = svg("g");
  readonly #box = svg("rect", { class: "box", rx: 6 });
  readonly #mark = svg("rect", { class: "mark", rx: 1.5, width: 3 });
  readonly #name = svg("text", { class: "name" });
  readonly #number = svg("text", { class: "number", "text-anchor": "end" });
  readonly #lock = svg("path", { class: "lock" });
  readonly #callsPill = svg("rect", { class: "calls-pill", rx: 8, height: 16 });
  readonly #callsCount = svg("text", { class: "calls-count" });
  #generation: number | undefined;
  #shown = "";

  constructor(name: string) {
    this.element = svg(
      "g",
      { class: "node", role: "button", tabindex: -1, "data-plugin": name },
      this.#older,
      this.#box,
      this.#mark,
      this.#name,
      this.#number,
      this.#lock,
      this.#callsPill,
      this.#callsCount,
    );
  }

  update(content: NodeContent, { x, y, width, height }: Box, label: string): void {
    // Every answer of the host comes here for every plugin, and most of them are what they were.
    const shown = JSON.stringify([content, x, y, width, height, label]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const { plugin, older, calls } = content;
    const { element } = this;
    element.setAttribute("transform", `translate(${x} ${y})`);
    const loadedAt = Date.parse(plugin.loadedAt);
    // No age in it: it would have to be written again all the time.
    element.setAttribute("aria-label", [plugin.name, ...linesOf(content, formatClock(loadedAt))].join(", "));
    const kept = [...element.classList].filter((name) => ["selected", "near"].includes(name));
    const isFresh = this.#generation !== undefined && this.#generation !== plugin.generation;
    this.#generation = plugin.generation;
    if (isFresh) {
      // Read, so that the animation starts anew when one is still running.
      element.classList.remove("fresh");
      element.getBoundingClientRect();
      kept.push("fresh");
    } else if (element.classList.contains("fresh")) kept.push("fresh");
    if (plugin.failures + plugin.uncaught > 0) kept.push("erring");
    element.setAttribute("class", ["node", plugin.note.replace(" ", "-"), ...kept].join(" "));
    setTooltip(element, () => ({ title: plugin.name, lines: linesOf(content, formatAgo(Date.now() - loadedAt)) }));

    const middle = height / 2;
    setSize(this.#box, { x: 0, y: 0, width, height });
    setSize(this.#mark, { x: 5, y: 6, width: 3, height: height - 12 });
    place(this.#name, ROOM.left, middle + 4.5, label);
    place(this.#number, width - ROOM.right, middle + 4, `#${plugin.generation}`);
    const lockAt = width - ROOM.right - numberWidth(plugin.generation) - 16;
    // A padlock: its bow and its body.
    this.#lock.setAttribute(
      "d",
      plugin.reloadable ? "" : `M${lockAt + 1} ${middle} h7 v4.5 h-7 z m1.3 0 v-2 a2.2 2.2 0 0 1 4.4 0 v2`,
    );
    this.#showOlder(older, width, height);
    // Rows stand close in a large graph: there the count stays in its own, beside the number.
    const isLow = height < 30;
    this.#showCalls(calls, isLow ? width + 3 : width - 4, isLow ? middle - 8 : -8);
  }

  #showOlder(older: readonly GenerationSpan[], width: number, height: number): void {
    const shown = older.slice(-OLDER_SHOWN).map((span, index) => {
      const step = (index + 1) * OLDER_STEP;
      const rect = svg("rect", { class: `older ${stateName(span)}`, rx: 6 });
      setSize(rect, { x: step, y: step, width, height });
      return rect;
    });
    this.#older.replaceChildren(...shown.toReversed());
  }

  #showCalls(calls: number, center: number, y: number): void {
    const isShown = calls > 0;
    this.#callsPill.toggleAttribute("hidden", !isShown);
    this.#callsCount.toggleAttribute("hidden", !isShown);
    if (!isShown) return;
    const text = calls > 999 ? "999+" : String(calls);
    const pill = Math.max(16, text.length * 6.5 + 9);
    setSize(this.#callsPill, { x: center - pill / 2, y, width: pill, height: 16 });
    place(this.#callsCount, center, y + 11.8, text);
  }
}

/** What a box needs besides the room for its name, in px. */
export function roomBesidesName({ generation, reloadable }: NodeContent["plugin"]): number {
  return ROOM.left + ROOM.number + numberWidth(generation) + ROOM.right + (reloadable ? 0 : ROOM.lock);
}

function numberWidth(generation: number): number {
  return 7 + String(generation).length * 6.5;
}

/** `loaded` is the moment, or how long ago it was. */
function linesOf({ plugin, dependents, older, calls }: NodeContent, loaded: string): string[] {
  const lines = [`generation ${plugin.generation}, loaded ${loaded}`, `${plugin.note} in the last reload`];
  if (!plugin.reloadable) lines.push("not reloadable");
  const errors = plugin.failures + plugin.uncaught;
  if (errors > 0) lines.push(`${count(errors, "error")}: ${plugin.failures} of calls, ${plugin.uncaught} uncaught`);
  if (calls > 0) lines.push(`${count(calls, "call")} under way`);
  if (older.length > 0)
    lines.push(`also in memory: ${older.map((span) => `#${span.number} ${stateName(span)}`).join(", ")}`);
  lines.push(`depends on ${plugin.deps.length === 0 ? "nothing" : count(plugin.deps.length, "plugin")}`);
  lines.push(`needed by ${dependents.length === 0 ? "nothing" : count(dependents.length, "plugin")}`);
  return lines;
}

function setSize(rect: SVGRectElement, { x, y, width, height }: Box): void {
  for (const [name, value] of Object.entries({ x, y, width, height })) rect.setAttribute(name, String(value));
}

function place(text: SVGTextElement, x: number, y: number, content: string): void {
  text.setAttribute("x", String(x));
  text.setAttribute("y", String(y));
  setText(text, content);
}
