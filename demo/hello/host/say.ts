// A module of the host: there is one of it, whatever is reloaded.
import { line } from "../../kit/line.ts";
import { swapper } from "./swapper.ts";

const lines: string[] = [];
let said = 0;

/** For plugins: adds a line to the output. */
export function say(plugin: string, buildMark: string, text: string): void {
  said++;
  lines.push(line(plugin, buildMark, swapper.reloadCounter, `${text}, ${said} in all`));
}

/** For the host: the lines since the last time. */
export function takeLines(): string[] {
  return lines.splice(0);
}
