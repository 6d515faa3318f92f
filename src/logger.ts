import { createConsola } from "consola";

/** Where hotswap reports to. `console`, consola, pino's and winston's loggers all fit. */
export interface Logger {
  debug(message: string, ...details: unknown[]): void;
  info(message: string, ...details: unknown[]): void;
  warn(message: string, ...details: unknown[]): void;
  error(message: string, ...details: unknown[]): void;
}

/** The logger of a swapper that was given none: warnings and errors to stderr, news to stdout. */
export function defaultLogger(): Logger {
  return createConsola().withTag("hotswap");
}
