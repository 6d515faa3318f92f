import { HotswapError } from "../errors.ts";
import { freedSlot, linkSlot, type SlotRequest, slotRequest } from "../plugin/dependency.ts";

/** The object that a plugin's `import()` returned, with the slots that linking fills in it. */
export class ImportedSlots {
  /** The slots that linking has to fill, by dependency name. */
  readonly requests: ReadonlyMap<string, SlotRequest>;
  /** The slots whose dependencies were absent. */
  readonly empty = new Set<string>();
  readonly #imported: Record<string, unknown>;
  /** Placeholders of the slots by dependency name, until and after linking. */
  readonly #placeholders = new Map<string, { readonly key: string; readonly placeholder: object }>();

  /** Throws `HOTSWAP_INVALID_IMPORT` when `imported` is not an object. */
  constructor(plugin: string, imported: unknown) {
    if (typeof imported !== "object" || imported === null || Array.isArray(imported)) {
      throw new HotswapError(
        "HOTSWAP_INVALID_IMPORT",
        `import() of "${plugin}" returned ${Bun.inspect(imported)}: it must return an object whose properties are dependency slots`,
        { plugin, phase: "import" },
      );
    }
    this.#imported = imported as Record<string, unknown>;
    const requests = new Map<string, SlotRequest>();
    for (const [key, value] of Object.entries(imported)) {
      const request = slotRequest(value);
      if (request === undefined) continue;
      this.#placeholders.set(key, { key, placeholder: value as object });
      requests.set(key, request);
    }
    this.requests = requests;
  }

  /** Leaves the slot of a dependency that is absent empty. */
  leaveEmpty(dependency: string): void {
    this.empty.add(dependency);
    this.link(dependency, undefined);
  }

  /** Fills the slot for `dependency` with what it exports; with `undefined` when it exports nothing. */
  link(dependency: string, exported: unknown): void {
    const slot = this.#placeholders.get(dependency);
    if (slot === undefined) return;
    linkSlot(slot.placeholder, dependency, exported);
    this.#imported[slot.key] = exported;
  }

  /** Puts what says that the generation was freed into every slot. */
  cut(): void {
    for (const [name, { key, placeholder }] of this.#placeholders) this.#imported[key] = freedSlot(placeholder, name);
  }
}
