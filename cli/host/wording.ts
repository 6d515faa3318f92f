import type { NoteOf, Reload, WireError } from "../../src/control/protocol.ts";
import type { Paint } from "../terminal/paint.ts";

/** A duration in ms, for people: `4.2 ms`, `12 s`, `3 min 5 s`, `2 h 3 min`, `4 d 1 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${seconds} s`;
  const units = [
    [86_400, "d", 3600, "h"],
    [3600, "h", 60, "min"],
    [60, "min", 1, "s"],
  ] as const;
  for (const [size, unit, nextSize, nextUnit] of units) {
    if (seconds < size) continue;
    const rest = Math.floor((seconds % size) / nextSize);
    return `${Math.floor(seconds / size)} ${unit}${rest === 0 ? "" : ` ${rest} ${nextUnit}`}`;
  }
  return `${seconds} s`;
}

/** How long ago a moment was, that is given in ISO 8601. */
export function ago(moment: string): string {
  return `${duration(Math.max(0, Date.now() - Date.parse(moment)))} ago`;
}

/** The beginning of a hash, which is enough to tell artifacts apart. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

/** `1 plugin`, `3 plugins`. */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

/** Notes that are news, and how many plugins there are besides: `alpha: ok, beta: relinked, and 3 unchanged`. */
export function news(notes: readonly NoteOf[]): string {
  const changed = notes.filter(({ note }) => note !== "unchanged");
  const rest = notes.length - changed.length;
  const list = changed.map(({ name, note }) => `${name}: ${note}`).join(", ");
  if (rest === 0) return list === "" ? "no plugins" : list;
  return list === "" ? "nothing changed" : `${list}, and ${rest} unchanged`;
}

/** How a reload went: `reload 12 in 4.2 ms: alpha: ok`. */
export function describeReload(reload: Reload, paint: Paint): string {
  const what = `${reload.kind} ${reload.id}`;
  const time = duration(reload.duration);
  if (reload.ok) return `${paint.green(what)} in ${time}: ${news(reload.notes)}`;
  return `${paint.red(`${what} failed`)} after ${time}: ${describeFailure(reload.error)}`;
}

/** An error with what it is about: `no luck (alpha, onLoad, HOTSWAP_HOOK_FAILED)`. */
export function describeFailure({ message, plugin, phase, code }: WireError): string {
  const about = [plugin, phase, code].filter((part) => part !== null);
  return about.length === 0 ? message : `${message} (${about.join(", ")})`;
}
