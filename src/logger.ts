import type { ConsolaInstance } from "consola";
import { describeError, isHotswapError } from "./errors.ts";
import { ownFolder } from "./own-package.ts";
import { visible, visibleError } from "./visible.ts";

/** Where hotswap reports to. `console`, consola, pino's and winston's loggers all fit. */
export interface Logger {
  /** Steps that explain what happened. */
  debug(message: string, ...details: unknown[]): void;
  /** News, such as a reload that succeeded. */
  info(message: string, ...details: unknown[]): void;
  /** What somebody should look at, and nothing failed. */
  warn(message: string, ...details: unknown[]): void;
  /** What failed. */
  error(message: string, ...details: unknown[]): void;
}

/** Loggers of ours, which write to the terminal. */
const ours = new WeakSet<Logger>();

/** Whether the logger is the one of a swapper that was given none. */
export function isDefaultLogger(logger: Logger): boolean {
  return ours.has(logger);
}

/** The logger of a swapper that was given none: warnings and errors to stderr, news to stdout. */
export function defaultLogger(): Logger {
  let made: ConsolaInstance | undefined;
  // Loaded with the first message: a host that gives a logger of its own never pays for it.
  const consola = (): ConsolaInstance => {
    made ??= (require("consola") as typeof import("consola")).createConsola().withTag("hotswap");
    return made;
  };
  const logger = {
    debug: (message, ...details) => {
      if (environmentLevel() > INFO) consola().debug(message, ...details);
    },
    info: (message, ...details) => consola().info(message, ...details),
    warn: (message, ...details) => consola().warn(message, ...details.flatMap((detail) => untold(message, detail))),
    error: (message, ...details) => consola().error(message, ...details.flatMap((detail) => untold(message, detail))),
    get level(): unknown {
      return environmentLevel();
    },
  } as Logger;
  ours.add(logger);
  return logger;
}

/** What a detail adds to the message: for an error that the message tells, its stack without hotswap's own lines. */
function untold(message: string, detail: unknown): unknown[] {
  if (!(detail instanceof Error) || detail instanceof AggregateError) return [detail];
  let first = detail;
  while (first.cause instanceof Error && message.includes(first.cause.message)) first = first.cause;
  if (first.cause !== undefined || !message.includes(first.message)) return [detail];
  const frames = (first.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const outside = frames.filter((frame) => !frame.includes(ownFolder) && !frame.includes("node:"));
  // When hotswap refuses something, the message says what to do. Any other error from its own code is a fault of
  // hotswap.
  const shown = outside.length > 0 || isHotswapError(first) ? outside : frames;
  return shown.length > 0 ? [`\n${shown.join("\n")}`] : [];
}

/** The logger, without errors that are shown elsewhere: `isShown` knows what stands beside a message. */
export function withoutShown(logger: Logger, isShown: (detail: unknown) => boolean): Logger {
  return {
    debug: (message, ...details) => logger.debug(message, ...details),
    info: (message, ...details) => logger.info(message, ...details),
    warn: (message, ...details) => logger.warn(message, ...details),
    error: (message, ...details) => {
      if (!details.some((detail) => isShown(detail))) logger.error(message, ...details);
    },
    get level(): unknown {
      return Reflect.get(logger, "level");
    },
  } as Logger;
}

/** consola's level at which `debug()` shows nothing. */
const INFO = 3;

/** The level that consola would use. Asking consola would mean loading it. */
function environmentLevel(): number {
  const { CONSOLA_LEVEL, DEBUG } = process.env;
  if (CONSOLA_LEVEL) return Number.parseInt(CONSOLA_LEVEL);
  return DEBUG && DEBUG !== "false" ? INFO + 1 : INFO;
}

/** What a logger writes down beside the message may come from a plugin as well. */
function visibleDetail(detail: unknown): unknown {
  if (typeof detail === "string") return visible(detail);
  return detail instanceof Error ? visibleError(detail) : detail;
}

/**
 * The logger, without what it throws or rejects with: what a host cannot write down is not a reason to undo a reload or to
 * end the host (SPEC 3.20). The first failure is told to stderr. Texts reach it without characters that act on a terminal.
 */
export function containedLogger(logger: Logger): Logger {
  let isTold = false;
  const tell = (error: unknown): void => {
    if (isTold) return;
    isTold = true;
    process.stderr.write(
      `hotswap: the logger failed, and what it was given is lost: ${visible(describeError(error))}\n`,
    );
  };
  const contain =
    (method: keyof Logger) =>
    (message: string, ...details: unknown[]): void => {
      try {
        const result: unknown = logger[method](visible(message), ...details.map(visibleDetail));
        if (result instanceof Promise) result.catch(tell);
      } catch (error) {
        tell(error);
      }
    };
  const contained = {
    debug: contain("debug"),
    info: contain("info"),
    warn: contain("warn"),
    error: contain("error"),
    // Loggers of a known kind say by it what they show.
    get level(): unknown {
      return Reflect.get(logger, "level");
    },
  } as Logger;
  if (ours.has(logger)) ours.add(contained);
  return contained;
}
