import type { DataBag } from "./bag/data-bag.ts";
import type { LiveFuncs, LiveTypes } from "./live-registry.ts";
import type { LiveFunc, LiveType } from "./live-type.ts";

/**
 * What plugins and host share (SPEC 7). `manager.vault` is that of one set: live functions and types of the set's own
 * plugins, the extension that was made for it, and the data bag, which outlives all sets. The vault that a plugin gets in
 * `onInit` is always that of the set which the plugin is part of, also after reloads of others.
 */
export interface Vault<Extension = unknown> {
  /** Live functions by name; each runs in the generation that defines it. */
  readonly liveFuncs: LiveFuncs;
  /** Live types by name. */
  readonly liveTypes: LiveTypes;
  /** What `newExtension` made for the set. */
  readonly extension: Extension;
  readonly dataBag: DataBag;
}

/** The vault of one set. */
export class SetVault<Extension = unknown> implements Vault<Extension> {
  readonly liveFuncs: LiveFuncs;
  readonly liveTypes: LiveTypes;
  readonly extension: Extension;
  readonly dataBag: DataBag;
  readonly #live: LiveThings;

  /** @internal */
  constructor(live: LiveThings, extension: Extension, dataBag: DataBag) {
    // The registries say what a project knows of them.
    this.liveFuncs = live.funcs as ReadonlyMap<string, unknown> as LiveFuncs;
    this.liveTypes = live.types as ReadonlyMap<string, unknown> as LiveTypes;
    this.extension = extension;
    this.dataBag = dataBag;
    this.#live = live;
  }

  /** Runs `fn` as code of the plugin that defines the live type, as a call of this set. */
  enterLiveType<Result>(name: string, fn: () => Result): Result {
    return this.#live.enterType(name, fn);
  }

  /** Lets go of everything of a plugin's code. @internal */
  retire(): void {
    for (const takeBack of this.#live.takeBacks.splice(0)) takeBack();
    this.#live.funcs.clear();
    this.#live.types.clear();
  }
}

/** The live functions and types of one set. */
export interface LiveThings {
  readonly funcs: Map<string, LiveFunc>;
  /**
   * Each shuts a function. Plugins may call it in `onFree`, when the set is retired already, as long as the plugin that
   * defines it is not freed itself.
   */
  readonly takeBacks: (() => void)[];
  readonly types: Map<string, LiveType>;
  /** Runs `fn` as code of the plugin that defines the live type. Refuses by itself once the set is retired. */
  enterType<Result>(name: string, fn: () => Result): Result;
}
