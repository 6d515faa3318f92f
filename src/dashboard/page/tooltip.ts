import { byId, html } from "./dom.ts";

/** A heading, and lines below it. */
export interface TooltipText {
  readonly title: string;
  readonly lines: readonly string[];
}

const texts = new WeakMap<Element, () => TooltipText>();

/** Distance from the pointer, in px. */
const GAP = 14;

/** Shows the text while the pointer is over the element; it is asked for when it is needed. */
export function setTooltip(element: Element, text: () => TooltipText): void {
  texts.set(element, text);
}

/** Listens once for all elements, as long as the page is open. */
export function startTooltips(): void {
  const box = byId("tooltip", HTMLElement);
  document.addEventListener("pointermove", (event) => {
    const text = textAt(event.target);
    box.hidden = text === undefined;
    if (text === undefined) return;
    box.replaceChildren(html("strong", {}, text.title), text.lines.join("\n"));
    const { width, height } = box.getBoundingClientRect();
    const left = Math.min(event.clientX + GAP, innerWidth - width - GAP);
    const below = event.clientY + GAP;
    const top = below + height > innerHeight ? event.clientY - GAP - height : below;
    box.style.transform = `translate(${Math.max(GAP, left)}px, ${Math.max(0, top)}px)`;
  });
  const hide = (): void => {
    box.hidden = true;
  };
  document.addEventListener("pointerleave", hide);
  document.addEventListener("keydown", hide);
  document.addEventListener("scroll", hide, { capture: true, passive: true });
}

function textAt(target: EventTarget | null): TooltipText | undefined {
  let element = target instanceof Element ? target : null;
  for (; element !== null; element = element.parentElement) {
    const text = texts.get(element);
    if (text !== undefined) return text();
  }
  return undefined;
}
