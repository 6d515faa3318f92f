import type { GenerationSpan } from "../../feed.ts";
import type { KnownFeed } from "../feed-client.ts";
import { byId, html, type ItemView, ItemList, setText } from "../dom.ts";
import { formatClock, formatDuration } from "../format.ts";
import { type Panel, type Screen, type Select, stateName } from "../panels/screen.ts";
import { fillPictureSwitch, fillSwitch } from "../panels/switch.ts";
import { setTooltip } from "../tooltip.ts";
import { beginOf, isUneventful, type Row, rowsOf } from "./rows.ts";
import { fractionAt, formatTick, type Stretch, ticksOf } from "./scale.ts";
import { createSpanBar, LANE, LANE_MARGIN, type PlacedBar } from "./span-bar.ts";
import { TimelineTable } from "./timeline-table.ts";

type Reload = NonNullable<KnownFeed["reloads"]>[number];

type Window = "5" | "15" | "60" | "all";

const MINUTE = 60_000;
/** A stretch is at least so long, in ms: a host that just began has a time line, too. */
const SHORTEST = 10_000;
/** Up to so many plugins all have a row. */
const ALL_UP_TO = 12;
/** Room for a tick's label, in px. */
const TICK_ROOM = 84;

interface PlacedRow {
  readonly row: Row;
  readonly stretch: Stretch;
  readonly selected: boolean;
}

interface Line {
  readonly key: string;
  readonly at: number;
  readonly reload?: Reload;
}

/** The generations of each plugin over time, as a picture and as a table. */
export class TimelinePanel implements Panel {
  readonly #summary = byId("timeline-summary", HTMLElement);
  readonly #picture = byId("timeline-picture", HTMLElement);
  readonly #table: TimelineTable;
  readonly #all = byId("timeline-all", HTMLInputElement);
  readonly #allLabel = byId("timeline-all-label", HTMLElement);
  readonly #ticks = html("div", { class: "ticks" });
  readonly #marks = html("div", { class: "ticks" });
  readonly #axis = html("div", { class: "axis" }, this.#ticks, this.#marks);
  readonly #sheet = html("div", { class: "sheet" });
  readonly #empty = html("p", { class: "empty" }, "No generation was loaded yet.");
  readonly #rows: ItemList<PlacedRow>;
  readonly #lines: ItemList<Line>;
  readonly #reloadMarks: ItemList<Line>;
  #window: Window = "all";
  #screen: Screen | undefined;

  constructor(select: Select) {
    const lines = html("div", { class: "lines" });
    const rows = html("div");
    this.#lines = new ItemList(lines, ({ key }) => key, createLine);
    this.#reloadMarks = new ItemList(this.#marks, ({ key }) => key, createMark);
    this.#rows = new ItemList(
      rows,
      ({ row }) => row.plugin,
      (placed) => createRow(placed, select),
    );
    this.#sheet.append(lines, rows);
    this.#picture.append(html("div", { class: "rows" }, this.#axis, this.#sheet), this.#empty);
    const table = byId("timeline-table", HTMLElement);
    this.#table = new TimelineTable(table);
    fillPictureSwitch(byId("timeline-switch", HTMLFieldSetElement), this.#picture, table);
    this.#all.addEventListener("change", () => this.#draw(Date.now()));
    const choose = fillSwitch<Window>(
      byId("timeline-window", HTMLFieldSetElement),
      "Time shown",
      [
        { value: "5", label: "5 min" },
        { value: "15", label: "15 min" },
        { value: "60", label: "1 h" },
        { value: "all", label: "All" },
      ],
      (chosen) => {
        this.#window = chosen;
        this.#draw(Date.now());
      },
    );
    choose("all");
    new ResizeObserver(() => this.#draw(Date.now())).observe(this.#picture);
    fillLegend();
  }

  update(screen: Screen): void {
    this.#screen = screen;
    this.#draw(Date.now());
  }

  tick(now: number): void {
    this.#draw(now);
  }

  #draw(wallClock: number): void {
    if (this.#screen === undefined) return;
    const { feed, selected } = this.#screen;
    const { generations = [], reloads = [], host } = feed;
    // Of a host that is gone nothing is known after that.
    const now = host?.state === "gone" ? host.since : wallClock;
    const begin = Math.min(
      ...generations.map(beginOf),
      ...reloads.slice(0, 1).map(({ startedAt }) => Date.parse(startedAt)),
    );
    const length = this.#window === "all" ? now - begin : Number(this.#window) * MINUTE;
    const stretch = { start: now - Math.max(SHORTEST, length), end: now };
    const rows = rowsOf(generations, stretch);
    const showAll = rows.length <= ALL_UP_TO || this.#all.checked;
    const shown = showAll ? rows : rows.filter((row) => row.plugin === selected || !isUneventful(row));
    this.#allLabel.hidden = rows.length <= ALL_UP_TO;
    this.#empty.hidden = generations.length > 0;
    this.#sheet.hidden = generations.length === 0;
    this.#axis.hidden = generations.length === 0;
    this.#rows.update(shown.map((row) => ({ row, stretch, selected: row.plugin === selected })));
    this.#drawScale(stretch, reloads);
    this.#table.update(generations, now);
    setText(this.#summary, summaryOf(generations, shown.length, rows.length));
  }

  #drawScale(stretch: Stretch, reloads: readonly Reload[]): void {
    const limit = Math.max(2, Math.floor(this.#ticks.clientWidth / TICK_ROOM));
    const { times, step } = ticksOf(stretch, limit);
    const labels = times
      .map((time) => ({ time, at: fractionAt(stretch, time) }))
      // The labels at the ends would stand out of the picture, or on the word "now".
      .filter(({ at }) => at > 0.02 && at < 1 - 60 / Math.max(60, this.#ticks.clientWidth));
    this.#ticks.replaceChildren(
      ...labels.map(({ time, at }) => {
        const tick = html("span", { class: "tick" }, formatTick(time, step));
        tick.style.left = `${at * 100}%`;
        return tick;
      }),
      nowTick(),
    );
    const marks = reloads
      .map((reload) => ({ key: `r${reload.id}`, at: fractionAt(stretch, endOf(reload)), reload }))
      .filter(({ at }) => at >= 0 && at <= 1);
    this.#reloadMarks.update(marks);
    this.#lines.update([...times.map((time) => ({ key: `t${time}`, at: fractionAt(stretch, time) })), ...marks]);
  }
}

function endOf({ startedAt, duration }: Reload): number {
  return Date.parse(startedAt) + duration;
}

function createLine({ reload }: Line): ItemView<Line> {
  const look = reload === undefined ? "" : reload.ok ? "reload" : "failed";
  return placedAt(html("div", { class: `line ${look}` }));
}

/** The head of a reload's line, above the rows, where a pointer can reach it. */
function createMark({ reload }: Line): ItemView<Line> {
  const element = html("div", { class: reload?.ok === false ? "reload-mark failed" : "reload-mark" });
  setTooltip(element, () => ({
    title: reload === undefined ? "" : `${reload.kind} #${reload.id} · ${formatClock(endOf(reload))}`,
    lines:
      reload === undefined ? [] : [reload.ok ? formatDuration(reload.duration) : `failed: ${reload.error.message}`],
  }));
  return placedAt(element);
}

function placedAt(element: HTMLElement): ItemView<Line> {
  return {
    element,
    update({ at }) {
      element.style.left = `${at * 100}%`;
    },
  };
}

function createRow({ row: { plugin } }: PlacedRow, select: Select): ItemView<PlacedRow> {
  const track = html("div", { class: "track" });
  const bars = new ItemList<PlacedBar>(track, ({ bar }) => String(bar.span.number), createSpanBar);
  const element = html("div", { class: "row" }, html("div", { class: "label", title: plugin }, plugin), track);
  let isSelected = false;
  element.addEventListener("click", () => select(isSelected ? undefined : plugin));
  return {
    element,
    update({ row, stretch, selected }) {
      isSelected = selected;
      element.classList.toggle("selected", selected);
      track.style.height = `${2 * LANE_MARGIN + row.lanes * LANE - 3}px`;
      bars.update(row.bars.map((bar) => ({ bar, stretch })));
    },
  };
}

function nowTick(): HTMLElement {
  const tick = html("span", { class: "tick now" }, "now");
  tick.style.left = "100%";
  return tick;
}

function summaryOf(generations: readonly GenerationSpan[], shown: number, all: number): string {
  const inMemory = generations.filter(({ state }) => state !== "collected");
  const states = ["leaked", "loading", "draining", "freed"].flatMap((name) => {
    const amount = inMemory.filter((span) => stateName(span) === name).length;
    return amount === 0 ? [] : [`${amount} ${name}`];
  });
  const summary = inMemory.length === 0 ? "none" : states.length === 0 ? "all live" : states.join(", ");
  return shown === all ? summary : `${summary} · ${shown} of ${all} plugins shown`;
}

function fillLegend(): void {
  const keys: readonly (readonly [string, string])[] = [
    ["live", "live"],
    ["draining", "draining: finishes its calls"],
    ["freed", "freed: closed, not yet collected"],
    ["leaked", "leaked: something holds it"],
    ["reload", "reload"],
    ["failed", "failed reload"],
  ];
  byId("timeline-legend", HTMLElement).append(
    ...keys.map(([key, meaning]) => html("span", {}, html("i", { class: `key ${key}` }), meaning)),
  );
}
