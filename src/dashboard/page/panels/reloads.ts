import type { KnownFeed } from "../feed-client.ts";
import { byId, html, type ItemView, ItemList, setText } from "../dom.ts";
import { count, formatAgo, formatClock, formatDuration } from "../format.ts";
import { setTooltip } from "../tooltip.ts";
import type { Panel, Screen } from "./screen.ts";

type Reload = NonNullable<KnownFeed["reloads"]>[number];
type Note = (Reload & { ok: true })["notes"][number];

interface Row {
  readonly reload: Reload;
  /** The attempt by which the failure of this one was over. */
  readonly mendedBy: number | undefined;
  readonly now: number;
}

/** The steps in their order, each with the colour that it has in the bars. */
export const STEPS = [
  "scan",
  "load",
  "reloadable",
  "export",
  "import",
  "link",
  "onLoad",
  "vault",
  "onInit",
  "callback",
  "hold",
  "swap",
] as const satisfies readonly (keyof Reload["timings"])[];

/** Loads, reloads and rollbacks, the newest first, each with where its time went. */
export class ReloadsPanel implements Panel {
  readonly #summary = byId("reloads-summary", HTMLElement);
  readonly #list = new ItemList<Row>(
    byId("reloads", HTMLElement),
    ({ reload }) => `${reload.id} ${reload.startedAt}`,
    ({ reload }) => createRow(reload),
  );
  readonly #legend = new ItemList<string>(byId("reloads-legend", HTMLElement), (step) => step, createKey);
  #rows: readonly Omit<Row, "now">[] = [];

  update({ feed }: Screen): void {
    const reloads = feed.reloads ?? [];
    this.#rows = rowsOf(reloads);
    setText(this.#summary, summaryOf(reloads));
    const seen = new Set(reloads.flatMap((reload) => timingsOf(reload).map(([step]) => step)));
    const failed = reloads.some((reload) => !reload.ok && reload.error.phase !== null);
    this.#legend.update([...STEPS.filter((step) => seen.has(step)), ...(failed ? ["failed"] : [])]);
    this.tick(Date.now());
  }

  tick(now: number): void {
    this.#list.update(this.#rows.map((row) => ({ ...row, now })));
  }
}

/** The newest first. A failure is over with the next attempt that succeeded, also when that found nothing to change. */
function rowsOf(reloads: readonly Reload[]): Omit<Row, "now">[] {
  let mendedBy: number | undefined;
  return reloads.toReversed().map((reload) => {
    if (!reload.ok) return { reload, mendedBy };
    mendedBy = reload.id;
    return { reload, mendedBy: undefined };
  });
}

/** `4 attempts: 1 load, 2 that count, 1 failed`. */
function summaryOf(reloads: readonly Reload[]): string {
  if (reloads.length === 0) return "none yet";
  const succeeded = reloads.filter(({ ok }) => ok);
  const loads = succeeded.filter(({ kind }) => kind === "load").length;
  const counted = succeeded.length - loads;
  const failed = reloads.length - succeeded.length;
  const parts = [
    loads > 0 && count(loads, "load"),
    counted > 0 && `${counted} that ${counted === 1 ? "counts" : "count"}`,
    failed > 0 && `${failed} failed`,
  ];
  return `${count(reloads.length, "attempt")}: ${parts.filter(Boolean).join(", ")}`;
}

function createKey(step: string): ItemView<string> {
  return { element: html("span", {}, html("i", { class: `key phase-${step}` }), step), update() {} };
}

function createRow(reload: Reload): ItemView<Row> {
  const startedAt = Date.parse(reload.startedAt);
  const when = html("span", { class: "when", title: new Date(startedAt).toLocaleString() });
  const more = html("div", { class: "more" });
  const outcome = html("span", { class: "outcome" });
  const details = html(
    "details",
    {},
    html(
      "summary",
      {},
      html("strong", {}, `#${reload.id} ${reload.kind}`),
      when,
      html("span", { class: "took" }, formatDuration(reload.duration)),
      stackOf(reload),
      outcome,
    ),
    more,
  );
  // Filled in when somebody looks: a hundred tables that nobody sees cost time at every visit.
  details.addEventListener("toggle", () => {
    if (details.open && more.childElementCount === 0) more.append(...moreOf(reload));
  });
  const element = html("li", {}, details);
  return {
    element,
    update({ now, mendedBy }) {
      element.className = reload.ok ? "" : mendedBy === undefined ? "failed" : "failed mended";
      setText(outcome, `${mendedBy === undefined ? "" : `mended by #${mendedBy}; `}${outcomeOf(reload)}`);
      setText(when, `${formatClock(startedAt)} · ${formatAgo(now - startedAt - reload.duration)}`);
    },
  };
}

function timingsOf({ timings }: Reload): [string, number][] {
  return Object.entries(timings).filter(([, ms]) => ms > 0);
}

/** The steps side by side, each as wide as its share of the time. */
function stackOf(reload: Reload): HTMLElement {
  const stack = html("div", { class: "stack", "aria-hidden": "true" });
  const timings = timingsOf(reload);
  const failedIn = reload.ok ? undefined : reload.error.phase;
  for (const [phase, ms] of timings) {
    const part = html("div", { class: `phase-${phase === failedIn ? "failed" : phase}` });
    part.style.flex = `${ms} 1 0`;
    setTooltip(part, () => ({
      title: phase,
      lines: [`${formatDuration(ms)} of ${formatDuration(reload.duration)}`, ...(phase === failedIn ? ["failed"] : [])],
    }));
    stack.append(part);
  }
  return stack;
}

function outcomeOf(reload: Reload): string {
  if (!reload.ok)
    return `failed${reload.error.phase === null ? "" : ` in ${reload.error.phase}`}: ${reload.error.message}`;
  if (reload.notes.length === 0) return "no plugins";
  return Array.from(byNote(reload.notes), ([note, plugins]) => `${plugins.length} ${note}`).join(", ");
}

function byNote(notes: readonly Note[]): Map<string, string[]> {
  const order = ["ok", "relinked", "removed", "not reloadable", "unchanged"];
  const grouped = Map.groupBy(notes, ({ note }) => note);
  return new Map(
    order.flatMap((note) => {
      const group = grouped.get(note as Note["note"]);
      return group === undefined ? [] : [[note, group.map(({ name }) => name)] as const];
    }),
  );
}

function moreOf(reload: Reload): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (reload.ok) {
    for (const [note, plugins] of byNote(reload.notes)) {
      const label = html("span", { class: `note ${note.replace(" ", "-")}` }, note);
      parts.push(html("p", { class: "notes" }, label, plugins.join(", ")));
    }
    parts.push(
      html(
        "p",
        { class: "when" },
        `The reload counter, which counts what succeeded after the first load, was ${reload.reloadCounter} afterwards.`,
      ),
    );
  } else {
    parts.push(errorBox(reload.error));
    parts.push(
      html("p", { class: "when" }, "The set that was live before stayed live, and the reload counter what it was."),
    );
  }
  const rows = timingsOf(reload).map(([phase, ms]) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, html("span", { class: `swatch phase-${phase}` }), phase),
      html("td", { class: "number" }, formatDuration(ms)),
      html("td", { class: "number" }, `${Math.round((ms / Math.max(reload.duration, 0.001)) * 100)} %`),
    ),
  );
  const caption = html("caption", { class: "unseen" }, `${count(rows.length, "step")} of ${reload.kind} ${reload.id}`);
  const head = html(
    "thead",
    { class: "unseen" },
    html("tr", {}, ...["Step", "Time", "Share"].map((title) => html("th", { scope: "col" }, title))),
  );
  parts.push(html("table", {}, caption, head, html("tbody", {}, ...rows)));
  return parts;
}

/** An error as the host reported it. */
export function errorBox(error: (Reload & { ok: false })["error"]): HTMLElement {
  const where = [error.plugin, error.phase].filter((part) => part !== null).join(", ");
  return html(
    "div",
    { class: "error-box" },
    where === "" ? undefined : html("strong", {}, `${where}: `),
    error.message,
    error.code === null ? undefined : html("code", {}, error.code),
    error.place === undefined
      ? undefined
      : html("code", {}, `${error.place.file}:${error.place.line}:${error.place.column}`),
    error.excerpt === undefined ? undefined : html("pre", { class: "excerpt", tabindex: 0 }, error.excerpt),
  );
}
