import { line } from "../../kit/line.ts";
import { swapper } from "./swapper.ts";

const lines: string[] = [];

/** For plugins: adds a line to the output. */
export function say(plugin: string, buildMark: string, text: string): void {
  lines.push(line(plugin, buildMark, swapper.reloadCounter, text));
}

/** For the host: the lines since the last time. */
export function takeLines(): string[] {
  return lines.splice(0);
}
