// A module of the host: it lies outside of the plugins' folders, so every generation of every plugin shares this one
// instance, and what it holds (here the swapper, with its counter) outlives them all.
import { line } from "../../kit/line.ts";
import { swapper } from "./swapper.ts";

/** One line of output. */
export function say(plugin: string, buildMark: string, text: string): string {
  return line(plugin, buildMark, swapper.reloadCounter, text);
}
