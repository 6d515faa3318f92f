import type { Logger } from "../logger.ts";
import { ownFolder } from "../own-package.ts";
import type { Pin } from "./calls.ts";
import { Lease } from "./lease.ts";
import type { PluginManager } from "./manager.ts";

/**
 * Hands out leases, and finds those that are forgotten. The stack of each `acquire()` is kept only while debug logging
 * is on; without it a lease costs nothing more.
 */
export class LeaseWatch {
  readonly #logger: Logger;
  readonly #debug: boolean | undefined;
  readonly #forgotten = new FinalizationRegistry<Pin>((pin) => this.#reportForgotten(pin));

  /** `debug` says whether debug logging is on; the logger is asked when it is `undefined`. */
  constructor(logger: Logger, debug: boolean | undefined) {
    this.#logger = logger;
    this.#debug = debug;
  }

  acquire<Extension>(manager: PluginManager<Extension>): Lease<Extension> {
    if (!(this.#debug ?? showsDebug(this.#logger))) return new Lease(manager, manager.calls.pin());
    const pin = manager.calls.pin(callerOf("acquire"));
    const lease = new Lease(manager, pin);
    this.#forgotten.register(lease, pin);
    return lease;
  }

  #reportForgotten(pin: Pin): void {
    if (!pin.isHeld) return;
    this.#logger.warn(
      `a lease was lost without being released, so its set is kept until drainTimeout: write \`using lease = swapper.acquire()\`, or call release(). ${describePin(pin)}`,
    );
  }
}

/** Where a lease was acquired, as the end of a message. */
export function describePin({ origin }: Pin): string {
  return origin === undefined
    ? "It was acquired while debug logging was off: switch it on to see where"
    : `It was acquired\n${origin}`;
}

/** Whether a logger of a known kind prints what is given to `debug()`: consola by number, pino and winston by name. */
export function showsDebug(logger: Logger): boolean {
  const level: unknown = Reflect.get(logger, "level");
  if (typeof level === "number") return level >= CONSOLA_DEBUG;
  return level === "debug" || level === "trace" || level === "silly";
}

const CONSOLA_DEBUG = 4;

/** The stack above the method of this name, as in an error. */
function callerOf(method: string): string {
  const { stack = "" } = new Error("the caller's stack");
  const frames = stack.split("\n").slice(1);
  // The last frame of ours: above it the caller's code begins.
  const own = frames.findLastIndex((frame) => frame.includes(`${method} (${ownFolder}`));
  return frames.slice(own + 1).join("\n");
}
