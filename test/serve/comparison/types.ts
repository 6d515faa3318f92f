export interface BunRequest extends Request {
  readonly params?: Record<string, string> & {
    upgrade(request: Request, options?: { data?: unknown; headers?: Bun.HeadersInit }): boolean;
  };
  readonly cookies?: Bun.CookieMap;
}

/** What a handler may use of a server, whichever it is. */
export type ServerHandle = Pick<
  Bun.Server<unknown>,
  | "requestIP"
  | "timeout"
  | "fetch"
  | "pendingRequests"
  | "pendingWebSockets"
  | "subscriberCount"
  | "port"
  | "hostname"
  | "protocol"
  | "development"
  | "id"
  | "url"
> & { upgrade(request: Request, options?: { data?: unknown; headers?: Bun.HeadersInit }): boolean };
