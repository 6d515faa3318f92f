import { UsageError } from "./command.ts";

/** A whole number from 0. Throws a {@link UsageError}. */
export function wholeOf(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${flag} is a whole number from 0, not "${text}"`);
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A time with its unit, in ms. Throws a {@link UsageError}. */
export function timeOf(flag: string, text: string): number {
  const [, number, unit = ""] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (units[unit] ?? Number.NaN);
  if (ms >= 0 && ms <= 86_400_000) return ms;
  throw new UsageError(`--${flag} is a time such as 500ms, 30s, 5m or 1h, at most 24h; "${text}" is none`);
}

/** A TCP port; 0, which is any free one, when the flag is not given. Throws a {@link UsageError}. */
export function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port takes a number up to 65535, not "${text}"`);
}
