import { describeError, HotswapError } from "../../errors.ts";

/** A failure of a fleet's store, in words without the store's password. */
export function storeFailed(name: string, reason: string): HotswapError {
  return new HotswapError("HOTSWAP_STORE_FAILED", `the fleet's store ${name} ${reason}`);
}

const lastingFailures = new WeakSet<HotswapError>();

/** A failure that does not pass by waiting. */
export function lasting(error: HotswapError): HotswapError {
  lastingFailures.add(error);
  return error;
}

export function isLasting(error: unknown): boolean {
  return error instanceof HotswapError && lastingFailures.has(error);
}

export function newerSchema(name: string, found: number, known: number): HotswapError {
  const what = `has schema ${found}, made by a newer hotswap, and this one knows schema ${known}`;
  return lasting(storeFailed(name, `${what}: upgrade hotswap here; nothing was changed`));
}

/** How long a server may take for one operation, in ms. */
const PATIENCE = 10_000;

/** A connection string, its name for messages, and a way to take its secrets out of any text. */
export class StoreUrl {
  readonly url: string;
  /** Without password and query. */
  readonly name: string;
  readonly #secrets: readonly string[];

  /** Throws `HOTSWAP_STORE_FAILED` for what is not a URL; the message does not repeat it. */
  constructor(url: string, what: string) {
    let parsed: URL;
    try {
      parsed = new URL(url);
    } catch {
      throw storeFailed(what, "cannot be opened: what was given is not a URL");
    }
    this.url = url;
    const secrets = [parsed.password, decoded(parsed.password)];
    for (const [key, value] of parsed.searchParams) if (/pass|secret|token/i.test(key)) secrets.push(value);
    this.#secrets = secrets.filter((secret) => secret !== "");
    const user = parsed.username === "" ? "" : `${parsed.username}@`;
    this.name = `${parsed.protocol}//${user}${parsed.host}${parsed.pathname}`;
  }

  /**
   * Runs `work`; what it rejects with becomes one `HOTSWAP_STORE_FAILED` without secrets and without the client's own error,
   * as does a server that gives no answer.
   */
  async explaining<Result>(work: () => Promise<Result>): Promise<Result> {
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const patience = `gave no answer within ${PATIENCE / 1000} s`;
    const timer = setTimeout(() => reject(storeFailed(this.name, patience)), PATIENCE);
    try {
      return await Promise.race([work(), silence]);
    } catch (error) {
      if (error instanceof HotswapError) throw error;
      const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
      throw storeFailed(this.name, `failed: ${this.redact(describeError(error))}${code}`);
    } finally {
      clearTimeout(timer);
    }
  }

  redact(text: string): string {
    let redacted = text.replaceAll(this.url, this.name);
    for (const secret of this.#secrets) redacted = redacted.replaceAll(secret, "***");
    return redacted;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
