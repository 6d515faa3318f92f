/** Longest name in a box, in px. */
const LONGEST = { normal: 170, small: 120 };

export interface NameMeasure {
  /** In px. */
  widthOf(text: string): number;
  /** The name, or the beginning of it that there is room for. */
  fit(name: string): string;
}

/** Measures names in the font of the picture's boxes. */
export function nameMeasure(small: boolean): NameMeasure {
  const context = document.createElement("canvas").getContext("2d");
  const family = getComputedStyle(document.body).fontFamily;
  if (context !== null) context.font = small ? `500 12px ${family}` : `550 13px ${family}`;
  const widthOf = (text: string): number => context?.measureText(text).width ?? text.length * 7;
  const longest = small ? LONGEST.small : LONGEST.normal;
  return {
    widthOf,
    fit(name) {
      if (widthOf(name) <= longest) return name;
      const characters = Array.from(name);
      while (characters.length > 1 && widthOf(`${characters.join("")}…`) > longest) characters.pop();
      return `${characters.join("")}…`;
    },
  };
}
