import type { GenerationSpan } from "../../feed.ts";
import { html, type ItemView } from "../dom.ts";
import { formatAge, formatClock, formatDuration, shortHash } from "../format.ts";
import { stateName } from "../panels/screen.ts";
import { setTooltip, type TooltipText } from "../tooltip.ts";
import { type Bar, segmentsOf } from "./rows.ts";
import { fractionAt, type Stretch } from "./scale.ts";

/** Distance between the lanes of a row, in px. */
export const LANE = 15;
/** Above the first lane and below the last, in px. */
export const LANE_MARGIN = 4;

/** From this share of the width on there is room for the generation's number. */
const CAPTION_FROM = 0.05;

/** A bar, and the stretch of time that it is drawn in. */
export interface PlacedBar {
  readonly bar: Bar;
  readonly stretch: Stretch;
}

/** One generation on the time line. */
export function createSpanBar(): ItemView<PlacedBar> {
  const element = html("div", { class: "span" });
  element.style.width = "100%";
  let shown: PlacedBar | undefined;
  setTooltip(element, () => (shown === undefined ? { title: "", lines: [] } : tooltipOf(shown)));
  return {
    element,
    update(placed) {
      shown = placed;
      element.style.top = `${LANE_MARGIN + placed.bar.lane * LANE}px`;
      const parts = segmentsOf(placed.bar.span, placed.stretch.end);
      for (const [index, segment] of parts.entries()) {
        const part = element.children[index] ?? element.appendChild(html("div"));
        if (!(part instanceof HTMLElement)) continue;
        part.className = segment.look;
        const from = clamp(fractionAt(placed.stretch, segment.start));
        const to = clamp(fractionAt(placed.stretch, segment.end));
        part.style.left = `${from * 100}%`;
        part.style.width = `${(to - from) * 100}%`;
        part.hidden = fractionAt(placed.stretch, segment.end) < 0;
        const captioned = segment.look === "live" && to - from >= CAPTION_FROM;
        const caption = captioned ? `#${placed.bar.span.number}` : "";
        if (part.textContent !== caption) part.replaceChildren(...(captioned ? [captionOf(caption)] : []));
      }
      while (element.children.length > parts.length) element.lastElementChild?.remove();
    },
  };
}

/** A generation's life in words, one state each. */
export function lifeOf(span: GenerationSpan, now: number): string[] {
  return segmentsOf(span, now).map(({ look, start, end }) => {
    const isOver = end < now || span.state === "collected";
    const lasted = look === "loading" ? formatDuration(end - start) : formatAge(end - start);
    return `${look} ${formatClock(start)}${isOver ? ` to ${formatClock(end)}` : ""} (${lasted})`;
  });
}

function tooltipOf({ bar: { span }, stretch }: PlacedBar): TooltipText {
  const collected = span.reached.collected;
  return {
    title: `${span.plugin} #${span.number}`,
    lines: [
      `${stateName(span)}, artifact ${shortHash(span.hash)}`,
      ...(span.calls > 0 ? [`${span.calls} calls under way`] : []),
      ...lifeOf(span, stretch.end),
      ...(collected === undefined ? [] : [`memory given back ${formatClock(collected)}`]),
    ],
  };
}

function captionOf(text: string): HTMLElement {
  return html("div", { class: "caption" }, text);
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}
