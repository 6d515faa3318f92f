import { enter, type EntranceTarget, freedCall, type TrackCall } from "../generation/entrance.ts";
import type { AnyFunction, Context, Runner } from "../load/graph.ts";

/** The plugin that a callee belongs to, and what sees its promises. */
export interface CalleeOwner {
  readonly plugin: string;
  readonly track: TrackCall;
}

/**
 * What calls by name lead to in one plugin while its set lasts: a function of the plugin's table, or its own `invokeFunc`,
 * which is given the name as well. All that a call needs is in this one object, and it is no closure: `invokeEach` walks
 * thousands of them, and each further object on the way is one more that is not in the processor's cache.
 */
export class Callee {
  readonly plugin: string;
  readonly #track: TrackCall;
  readonly #takesName: boolean;
  #fn: AnyFunction | undefined;
  #runner: Runner | undefined;
  #owner: Context | undefined;

  /** `takesName` says that `fn` gets the name before the parameters. */
  constructor({ plugin, track }: CalleeOwner, { fn, runner, owner }: EntranceTarget, takesName: boolean) {
    this.plugin = plugin;
    this.#track = track;
    this.#takesName = takesName;
    this.#fn = fn;
    this.#runner = runner;
    this.#owner = owner;
  }

  /** Answers what the plugin answers; a promise keeps the set alive until it settles. Throws `HOTSWAP_FREED` once shut. */
  call(name: string, params: readonly unknown[]): unknown {
    const fn = this.#fn;
    const runner = this.#runner;
    const owner = this.#owner;
    if (fn === undefined || runner === undefined || owner === undefined) throw freedCall(this.plugin, name);
    const result = enter(runner, fn, this.#takesName ? [name, ...params] : params);
    // The first comparison spares numbers, strings and the like the second, which is dear.
    return typeof result === "object" && result instanceof Promise ? this.#track(result, name, owner) : result;
  }

  /** Lets go of the plugin's code. */
  shut(): void {
    this.#fn = undefined;
    this.#runner = undefined;
    this.#owner = undefined;
  }
}
