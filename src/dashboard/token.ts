import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A token that nobody guesses. */
export function newToken(): string {
  return randomBytes(24).toString("base64url");
}

/** Throws a RangeError for a token that could be guessed, or is no part of an address. */
export function checkedToken(token: string): string {
  if (/^[\w.~-]{16,}$/.test(token)) return token;
  throw new RangeError("the dashboard's token must be at least 16 letters, digits, or any of . _ ~ -");
}

/**
 * Lets in who has the token: in the address of the page at first, from then on in a cookie, or in a header as programs send it.
 * Other users of the machine reach a loopback address as well as its owner does.
 */
export class TokenGate {
  readonly #digest: Buffer;
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
    this.#digest = digest(token);
  }

  /** Whether the request may be answered; `opensPage` says that it is for the page itself, whose address may hold the token. */
  admits(request: Request, opensPage: boolean): boolean {
    const given = [cookieOf(request), bearerOf(request), opensPage ? tokenInAddress(request) : undefined];
    // All of them are compared, whatever the first one was.
    return given.map((token) => token !== undefined && this.#isToken(token)).includes(true);
  }

  /** The cookie that the page's further requests come with. No other site makes the browser send it. */
  cookie(request: Request, path: string): string {
    return `${cookieName(request)}=${this.#token}; Path=${path}; HttpOnly; SameSite=Strict`;
  }

  /** Takes as long for a token that is nearly right as for any other. */
  #isToken(token: string): boolean {
    return timingSafeEqual(digest(token), this.#digest);
  }
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Browsers send a cookie to every port of a machine: two dashboards must not take each other's away. */
function cookieName(request: Request): string {
  return `hotswap-${/:(\d+)$/.exec(request.headers.get("host") ?? "")?.[1] ?? ""}`;
}

function cookieOf(request: Request): string | undefined {
  return new Bun.CookieMap(request.headers.get("cookie") ?? "").get(cookieName(request)) ?? undefined;
}

function bearerOf(request: Request): string | undefined {
  return /^bearer (.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

function tokenInAddress(request: Request): string | undefined {
  return new URL(request.url, "http://localhost").searchParams.get("token") ?? undefined;
}
