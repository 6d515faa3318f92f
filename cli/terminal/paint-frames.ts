import type { Paint } from "./paint.ts";

/** Source excerpts with their places and carets coloured. */
export function paintFrames(message: string, paint: Paint): string {
  return message
    .replaceAll(/^\S.*:\d+:\d+(?=: |$)/gm, (place) => paint.cyan(place))
    .replaceAll(/^> +\d+ \|.*$/gm, (line) => paint.bold(line))
    .replaceAll(/(?<=^ +\|[ \t]*)\^+$/gm, (carets) => paint.red(carets));
}
