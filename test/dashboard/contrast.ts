/*
 * Runs in the page, where it is sent as text: it may use nothing but its own parameters and the browser's globals, of
 * which the few that it needs are declared here.
 */

interface PageElement {
  readonly parentElement: PageElement | null;
  readonly previousElementSibling: PageElement | null;
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string | null }>;
  readonly textContent: string | null;
  readonly tagName: string;
  checkVisibility(): boolean;
  closest(selector: string): PageElement | null;
}

declare const document: { querySelectorAll(selector: string): Iterable<PageElement> };
declare function getComputedStyle(element: PageElement): {
  readonly color: string;
  readonly fill: string;
  readonly backgroundColor: string;
};

/** A text that is shown, with how well it stands out. */
export interface ShownText {
  readonly text: string;
  /** As WCAG defines it: 1 is no contrast, 21 black on white. */
  readonly contrast: number;
}

/** Every text that the page shows, against what it stands on. */
export function contrastsOfPage(): ShownText[] {
  type Color = readonly [number, number, number, number];

  const parse = (color: string): Color => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (color.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    const scale = color.startsWith("color(") ? 1 : 255;
    return [red / scale, green / scale, blue / scale, alpha];
  };
  const over = (front: Color, back: Color): Color => {
    const mix = (index: 0 | 1 | 2): number => front[index] * front[3] + back[index] * (1 - front[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const luminance = ([red, green, blue]: Color): number => {
    const linear = (value: number): number => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const ground = (element: PageElement | null): Color => {
    if (element === null) return [1, 1, 1, 1];
    const color = parse(getComputedStyle(element).backgroundColor);
    return color[3] >= 1 ? color : over(color, ground(element.parentElement));
  };

  const shown: ShownText[] = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = Array.from(element.childNodes, (node) => (node.nodeType === 3 ? (node.textContent ?? "") : "")).join(
      "",
    );
    if (text.trim() === "" || !element.checkVisibility() || element.closest(".unseen") !== null) continue;
    const isDrawn = element.tagName === "text";
    // The count of calls stands on its own spot, other drawn text on the panel.
    const spot = isDrawn && element.closest(".calls-count") !== null ? element.previousElementSibling : null;
    const back = spot === null ? ground(element) : parse(getComputedStyle(spot).fill);
    const style = getComputedStyle(element);
    const front = over(parse(isDrawn ? style.fill : style.color), back);
    const [light, dark] = [luminance(front), luminance(back)].toSorted((a, b) => b - a);
    shown.push({ text: text.trim(), contrast: ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05) });
  }
  return shown;
}
