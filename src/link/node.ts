import type { SlotRequest } from "../plugin/dependency.ts";

/** What linking needs to know of a plugin. */
export interface LinkNode {
  readonly name: string;
  readonly isReloadable: boolean;
  /** Dependency slots by the name of the dependency, as the plugin spells it. */
  readonly slots: ReadonlyMap<string, SlotRequest>;
  /**
   * The slots that were left empty when the plugin was linked, as their dependencies were absent; empty until then. They
   * stay empty as long as the plugin does: its code has seen `undefined` (SPEC 4).
   */
  readonly emptySlots: ReadonlySet<string>;
  /** What other plugins get of it. */
  readonly facade: unknown;
}

/** A slot that was resolved. */
export interface Edge {
  readonly slot: string;
  /** Where the dependency stands in the order; `undefined` for an optional one that is absent, or was when it was linked. */
  readonly target: number | undefined;
}
