import { describeError, originalStack } from "../errors.ts";
import { sourceMaps } from "../load/source-maps.ts";
import { type Place, placeOf } from "../place.ts";
import type { ErrorSource } from "./call-stats.ts";

/** Errors of one generation that are alike: of one kind, from one place. */
export interface ErrorGroup {
  readonly plugin: string;
  /** The generation's number. */
  readonly generation: number;
  readonly source: ErrorSource;
  /** The function whose call failed; `undefined` for background work. */
  readonly function: string | undefined;
  /** The error's class. */
  readonly name: string;
  /** Of the newest. */
  readonly message: string;
  /** Where the plugin's source threw it; `undefined` when the stack does not say. */
  readonly place: Place | undefined;
  /** Of the newest. */
  readonly stack: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Whose error it is. */
export interface ErrorOrigin {
  readonly plugin: string;
  readonly generation: number;
  readonly source: ErrorSource;
  readonly function: string | undefined;
}

/** How many groups are kept. The group that was quiet for longest makes room. */
const MAX_GROUPS = 100;

/** In characters. */
const MAX_TEXT = 4000;

/** The errors of all generations, grouped. Holds texts, and nothing of what was thrown. */
export class ErrorLog {
  /** Quiet for longest first. */
  readonly #groups = new Map<string, Group>();
  /** The newest group of each function, by its origin. */
  readonly #newest = new Map<string, Group>();
  /** An error that passes through the calls of several plugins is described once, at its origin. */
  readonly #seen = new WeakSet<object>();
  readonly #listener: (group: ErrorGroup) => void;

  /** `listener` hears of each group that is new or grew. */
  constructor(listener: (group: ErrorGroup) => void) {
    this.#listener = listener;
  }

  /** The newest first. */
  get groups(): ErrorGroup[] {
    return Array.from(this.#groups.values(), snapshot).toReversed();
  }

  /** One more error from this source that is not looked at: it counts as one of the kind that came last. */
  repeat(error: unknown, origin: ErrorOrigin): void {
    if (typeof error === "object" && error !== null) this.#seen.add(error);
    const group = this.#newest.get(originKey(origin));
    if (group === undefined) return;
    group.count++;
    group.lastAt = Date.now();
  }

  /** Whether this very error is in one of the groups. */
  has(error: unknown): boolean {
    return typeof error === "object" && error !== null && this.#seen.has(error);
  }

  add(error: unknown, origin: ErrorOrigin, count: number): void {
    if (typeof error === "object" && error !== null) {
      if (this.#seen.has(error)) return;
      this.#seen.add(error);
    }
    sourceMaps.tell();
    const message = describeError(error).slice(0, MAX_TEXT);
    const stack = (originalStack(error) ?? "").slice(0, MAX_TEXT);
    const name = nameOf(error);
    const place = placeOf(stack);
    const where = place === undefined ? message.slice(0, 200) : `${place.file}:${place.line}:${place.column}`;
    const from = originKey(origin);
    const key = [from, name, where].join("\n");
    const known = this.#groups.get(key);
    const lastAt = Date.now();
    const firstAt = known?.firstAt ?? lastAt;
    const total = (known?.count ?? 0) + count;
    const group: Group = { ...origin, name, message, place, stack, count: total, firstAt, lastAt };
    this.#groups.delete(key);
    this.#groups.set(key, group);
    this.#newest.set(from, group);
    this.#makeRoom();
    this.#listener(snapshot(group));
  }

  #makeRoom(): void {
    const [oldest] = this.#groups;
    if (this.#groups.size <= MAX_GROUPS || oldest === undefined) return;
    const [key, group] = oldest;
    this.#groups.delete(key);
    const from = originKey(group);
    if (this.#newest.get(from) === group) this.#newest.delete(from);
  }
}

/** A group that grows. */
interface Group extends Omit<ErrorGroup, "count" | "firstAt" | "lastAt"> {
  count: number;
  /** In ms since 1970. */
  readonly firstAt: number;
  lastAt: number;
}

function snapshot(group: Group): ErrorGroup {
  return { ...group, firstAt: new Date(group.firstAt), lastAt: new Date(group.lastAt) };
}

function originKey({ plugin, generation, source, function: name = "" }: ErrorOrigin): string {
  return `${plugin}\n${generation}\n${source}\n${name}`;
}

function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name) : typeof error;
  } catch {
    return "unknown";
  }
}
