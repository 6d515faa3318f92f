import { HotswapError } from "../../errors.ts";
import { decode, noTypes, type TypeSource } from "../codec/decode.ts";
import { encode } from "../codec/encode.ts";
import { Encoded, MalformedError, isTagged, type Row, type Stored, type TaggedRow } from "../codec/form.ts";
import { addKind } from "../codec/kinds.ts";
import type { Kind } from "../codec/kind.ts";
import { DISGUISED, Refusal } from "../codec/refusal.ts";
import { KnownType } from "../types/known-type.ts";
import { liveTypeOf } from "../types/registry.ts";
import { SetTypes } from "../types/set-types.ts";
import { fromJson, parseJson, toText } from "../codec/text.ts";
import type { LiveType } from "../live-type.ts";

/** Where the classes of live types come from: a vault. */
export interface LiveTypeSource {
  readonly liveTypes: ReadonlyMap<string, LiveType>;
}

/**
 * A value detached from any plugin's code, so that a later version can read it. Immutable, independent of what was
 * wrapped, and JSON-safe: `LiveData.from(JSON.parse(JSON.stringify(data)))` is the same data, in another process too.
 */
export class LiveData {
  readonly #stored: Stored;

  /** @internal Use {@link wrap}. */
  constructor(stored: Stored) {
    this.#stored = stored;
    Object.freeze(this);
  }

  /**
   * A fresh copy of the value. Instances of live types come back as the classes of `source`, a vault, migrated to their
   * versions; without `source`, as plain objects with the fields as they were wrapped.
   *
   * @throws HotswapError `HOTSWAP_MIGRATION_FAILED` when `source` lacks a live type or the data does not fit its
   * version.
   */
  unwrap(source?: LiveTypeSource): unknown {
    return decode(this.#stored, typesOf(source), "live data");
  }

  /**
   * A new instance of `type`, filled from the data: fields the class has are taken, fields it lacks are dropped, fields
   * the data lacks keep the class's own initial values. Data that was wrapped from an instance is migrated to the
   * class's version. Instances of other live types within it come from `source`, as with {@link LiveData.unwrap}.
   *
   * @throws HotswapError `HOTSWAP_MIGRATION_FAILED` when the data does not fit, `HOTSWAP_NOT_SERIALIZABLE` when `type`
   * cannot be constructed without arguments.
   */
  unwrapAs<T extends object>(type: new (...params: never[]) => T, source?: LiveTypeSource): T {
    const known = new KnownType(type.name, type as LiveType, liveTypeOf(type.prototype));
    const { rows, types: written } = this.#stored instanceof Encoded ? this.#stored : nothing;
    const root = rows[0] && instanceRow(rows[0], known);
    if (!root) {
      throw new HotswapError(
        "HOTSWAP_MIGRATION_FAILED",
        `live data cannot be unwrapped as ${type.name}: it holds ${Bun.inspect(this.unwrap(), { depth: 0 })}, not an object with fields`,
      );
    }
    const others = typesOf(source);
    const types: TypeSource = { find: (name, plugin) => (name === root[1] ? known : others.find(name, plugin)) };
    return decode(new Encoded([root, ...rows.slice(1)], written), types, "live data") as T;
  }

  /**
   * About how many bytes it takes in a store.
   * @internal
   */
  get size(): number {
    const stored = this.#stored;
    if (typeof stored === "string") return stored.length;
    return (stored instanceof Encoded ? stored.size : 0) ?? toText(stored).length;
  }

  /** Whether `value` is live data, whatever its prototype says. @internal */
  static is(value: unknown): value is LiveData {
    return typeof value === "object" && value !== null && #stored in value;
  }

  /** Text for `JSON.stringify`, which {@link LiveData.from} reads. */
  toJSON(): string {
    return `{"liveData":${FORMAT},"content":${toText(this.#stored)}}`;
  }

  /**
   * The live data of which {@link LiveData.toJSON} made `json`; it need not come from a trusted place.
   *
   * @throws HotswapError `HOTSWAP_NOT_SERIALIZABLE` when it is something else.
   */
  static from(json: unknown): LiveData {
    try {
      const stored = fromJson(contentOf(json));
      // Damage is found here, not when somebody unwraps it later.
      decode(stored, noTypes, "live data");
      return new LiveData(stored);
    } catch (error) {
      throw new HotswapError("HOTSWAP_NOT_SERIALIZABLE", "this is not live data in JSON form", { cause: error });
    }
  }
}

/**
 * Detaches `value` from any plugin's code: a copy of its data, with instances of live types by name and version. What
 * may be stored is the same as for the data bag.
 *
 * @throws HotswapError `HOTSWAP_NOT_SERIALIZABLE` with the path of what may not.
 */
export function wrap(value: unknown): LiveData {
  return wrapWithin(value, Infinity);
}

/**
 * The same for a value of at most `maxSize` bytes.
 *
 * @throws HotswapError `HOTSWAP_TOO_LARGE` for a larger one.
 */
export function wrapWithin(value: unknown, maxSize: number): LiveData {
  return new LiveData(encode(value, "value", { maxSize }));
}

const nothing = new Encoded([], []);

/** Version of the text form. */
const FORMAT = 1;

function contentOf(json: unknown): unknown {
  const document: unknown = typeof json === "string" ? parseJson(json) : json;
  if (typeof document !== "object" || document === null || !("liveData" in document) || !("content" in document)) {
    throw new MalformedError("the text lacks liveData or content");
  }
  if (document.liveData !== FORMAT) {
    throw new MalformedError(`the text has format ${Bun.inspect(document.liveData)}, this code reads format ${FORMAT}`);
  }
  return document.content;
}

const typesBySource = new WeakMap<ReadonlyMap<string, LiveType>, SetTypes>();

function typesOf(source: LiveTypeSource | undefined): TypeSource {
  if (!source) return noTypes;
  let types = typesBySource.get(source.liveTypes);
  if (!types) {
    types = new SetTypes(source.liveTypes, () => undefined);
    typesBySource.set(source.liveTypes, types);
  }
  return types;
}

/** The row of an object, as if it were that of an instance; `undefined` when it is not an object with fields. */
function instanceRow(row: Row, type: KnownType): TaggedRow | undefined {
  if (!isTagged(row)) return ["live", "", type.version, row];
  return row[0] === "live" ? row : undefined;
}

/** Live data may itself be stored. It is immutable and the host's, so it need not be copied. */
export const liveDataKind: Kind = {
  tag: "liveData",
  prototype: LiveData.prototype,
  isImmutable: true,
  encode(value: LiveData, writer) {
    if (!LiveData.is(value)) throw new Refusal(DISGUISED);
    writer.count(value.size);
    return ["liveData", value];
  },
  create: ([, content]) => (LiveData.is(content) ? content : LiveData.from(content)),
};
addKind(liveDataKind);
