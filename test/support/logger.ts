import type { Logger } from "hotswap";

/** A logger that keeps what it gets, as `level: message`. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  readonly #waiting: { readonly pattern: RegExp; readonly resolve: (line: string) => void }[] = [];

  debug(message: string): void {
    this.#add("debug", message);
  }

  info(message: string): void {
    this.#add("info", message);
  }

  warn(message: string): void {
    this.#add("warn", message);
  }

  error(message: string): void {
    this.#add("error", message);
  }

  /** Lines of one level. */
  of(level: "debug" | "info" | "warn" | "error"): string[] {
    return this.lines.filter((line) => line.startsWith(`${level}: `)).map((line) => line.slice(level.length + 2));
  }

  /** The first line that matches, as soon as there is one. */
  line(pattern: RegExp): Promise<string> {
    const known = this.lines.find((line) => pattern.test(line));
    if (known !== undefined) return Promise.resolve(known);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.push({ pattern, resolve });
    return promise;
  }

  #add(level: string, message: string): void {
    const line = `${level}: ${message}`;
    this.lines.push(line);
    for (const { pattern, resolve } of this.#waiting) {
      if (pattern.test(line)) resolve(line);
    }
  }
}
