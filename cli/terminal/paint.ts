import { hasColours, type Output } from "./output.ts";

/** Colours for text, or none. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** Colours as `output` can show them; see {@link hasColours}. */
export function paintFor(output: Output): Paint {
  const enabled = hasColours(output);
  const style = (on: number, off: number) => (text: string) => (enabled ? `\u001B[${on}m${text}\u001B[${off}m` : text);
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}
