/*
 * A page on a loopback address can be reached by every page that the same browser shows. Two things keep those out: the
 * Host header must be a name that is ours (a foreign name that was made to point here is refused: DNS rebinding), and a
 * request that another page caused is refused (cross-site request forgery). No CORS header is ever sent.
 */

/** Why a request is refused. */
export interface Refusal {
  readonly status: 403 | 421;
  readonly message: string;
}

const loopbackNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Why the request is refused, or `undefined` when it may be answered. `hosts` are further names that the dashboard is
 * reached by, without port. `opensPage` says that the request is for the page itself, which a link elsewhere may open.
 */
export function refusalOf(request: Request, hosts: ReadonlySet<string>, opensPage: boolean): Refusal | undefined {
  const host = request.headers.get("host") ?? "";
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (!loopbackNames.has(name) && !hosts.has(name)) {
    return { status: 421, message: `this dashboard is not reached as "${host}": open it by its own address` };
  }
  const origin = request.headers.get("origin");
  if (origin !== null && hostOf(origin) !== host.toLowerCase()) {
    return { status: 403, message: `requests of the origin "${origin}" are refused` };
  }
  if (request.method === "POST" && origin === null) {
    return { status: 403, message: "a POST must say its origin: only the dashboard's own page may send one" };
  }
  const site = request.headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return undefined;
  const isNavigation =
    request.headers.get("sec-fetch-mode") === "navigate" && request.headers.get("sec-fetch-dest") === "document";
  if (opensPage && isNavigation) return undefined;
  return { status: 403, message: "requests of other pages are refused" };
}

/** Headers of every answer: nothing is loaded from elsewhere, no text becomes markup, and nobody frames or reads it. */
export const safetyHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
