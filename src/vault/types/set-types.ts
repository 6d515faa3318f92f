import { HotswapError } from "../../errors.ts";
import { didYouMean } from "../../suggest.ts";
import type { TypeSource } from "../codec/decode.ts";
import type { TypeVersion } from "../codec/form.ts";
import { KnownType } from "./known-type.ts";
import { liveTypeOf, registerLiveTypes } from "./registry.ts";
import type { LiveType, Migrations } from "../live-type.ts";

/** The live types of one set, as the data bag sees them. */
export class SetTypes implements TypeSource {
  readonly #types = new Map<string, KnownType>();
  readonly #byPrototype = new Map<object, KnownType>();
  readonly #newer: (name: string) => Migrations | undefined;

  /** `newer` returns the steps down of the set that is live now, for this one may be older than the data. */
  constructor(liveTypes: ReadonlyMap<string, LiveType>, newer: (name: string) => Migrations | undefined) {
    registerLiveTypes(liveTypes);
    for (const [name, type] of liveTypes) {
      const known = new KnownType(name, type, liveTypeOf(type.prototype));
      this.#types.set(name, known);
      this.#byPrototype.set(type.prototype, known);
    }
    this.#newer = newer;
  }

  /**
   * Throws `HOTSWAP_MIGRATION_FAILED` naming the plugin that is missing: unlike live data, the bag never gives a bare
   * object in place of an instance.
   */
  find(name: string, plugin: string | undefined): KnownType {
    const type = this.#types.get(name);
    if (type) return type;
    const owner = plugin === undefined ? "" : ` of the plugin "${plugin}"`;
    throw new HotswapError(
      "HOTSWAP_MIGRATION_FAILED",
      `the data holds an instance of ${name}${owner}, and no plugin of this set has a live type of that name${didYouMean(name, this.#types.keys())}`,
      { plugin },
    );
  }

  downgradesOf(name: string): Migrations | undefined {
    return this.#newer(name);
  }

  /** The steps down that this set's own class has. */
  ownDowngradesOf(name: string): Migrations | undefined {
    return this.#types.get(name)?.class.downgrades;
  }

  has(name: string): boolean {
    return this.#types.has(name);
  }

  /** The live type of a prototype: this set's own, or one that an earlier set had. */
  readonly typeOf = (prototype: object): KnownType | undefined =>
    this.#byPrototype.get(prototype) ?? liveTypeOf(prototype);

  /** Whether instances written as `written` must be migrated before this set can read them. */
  isOutdated(written: Pick<TypeVersion, "name" | "version">): boolean {
    const type = this.#types.get(written.name);
    return type !== undefined && type.version !== written.version;
  }

  /** Lets go of the classes. */
  clear(): void {
    this.#types.clear();
    this.#byPrototype.clear();
  }
}
