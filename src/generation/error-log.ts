import { describeError, originalStack } from "../errors.ts";
import { ownFolder } from "../own-package.ts";
import type { ErrorSource } from "./call-stats.ts";

/** A place in a source file. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

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

/** Groups that are kept; the one that was quiet for longest makes room. */
const MAX_GROUPS = 100;

/** In characters. */
const MAX_TEXT = 4000;

/** The errors of all generations, grouped. Holds texts, and nothing of what was thrown. */
export class ErrorLog {
  /** Quiet for longest first. */
  readonly #groups = new Map<string, ErrorGroup>();
  /** An error that passes through several plugins' calls is described once, where it came from. */
  readonly #seen = new WeakSet<object>();
  readonly #listener: (group: ErrorGroup) => void;

  /** `listener` hears of each group that is new or grew. */
  constructor(listener: (group: ErrorGroup) => void) {
    this.#listener = listener;
  }

  /** The newest first. */
  get groups(): ErrorGroup[] {
    return Array.from(this.#groups.values()).toReversed();
  }

  add(error: unknown, origin: ErrorOrigin, count: number): void {
    if (typeof error === "object" && error !== null) {
      if (this.#seen.has(error)) return;
      this.#seen.add(error);
    }
    const message = describeError(error).slice(0, MAX_TEXT);
    const stack = (originalStack(error) ?? "").slice(0, MAX_TEXT);
    const name = nameOf(error);
    const place = placeOf(stack);
    const { plugin, generation, source } = origin;
    const where = place === undefined ? message.slice(0, 200) : `${place.file}:${place.line}:${place.column}`;
    const key = [plugin, generation, source, origin.function ?? "", name, where].join("\n");
    const known = this.#groups.get(key);
    const now = new Date();
    const group: ErrorGroup = {
      ...origin,
      name,
      message,
      place,
      stack,
      count: (known?.count ?? 0) + count,
      firstAt: known?.firstAt ?? now,
      lastAt: now,
    };
    this.#groups.delete(key);
    this.#groups.set(key, group);
    const [oldest] = this.#groups.keys();
    if (this.#groups.size > MAX_GROUPS && oldest !== undefined) this.#groups.delete(oldest);
    this.#listener(group);
  }
}

function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name) : typeof error;
  } catch {
    return "unknown";
  }
}

/** The first place of a stack that is a file, and neither hotswap's own nor the engine's. */
function placeOf(stack: string): Place | undefined {
  for (const [, file = "", line = "", column = ""] of stack.matchAll(
    /^\s*at (?:.*\()?((?:\/|[A-Za-z]:\\).*?):(\d+):(\d+)\)?$/gm,
  )) {
    if (!file.startsWith(ownFolder)) return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}
