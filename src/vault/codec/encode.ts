import * as types from "node:util/types";
import { HotswapError, describeError } from "../../errors.ts";
import { cellOf } from "./cell.ts";
import { Encoded, type Cell, type Fields, type Primitive, type Row, type Stored, type TypeVersion } from "./form.ts";
import { holdsHiddenContent } from "./hidden-content.ts";
import { kindOf } from "./kinds.ts";
import type { RowWriter } from "./kind.ts";
import { integrityOf, isPlain, reasonAgainstProperty, refusalOfHidden, type Integrity } from "./own-properties.ts";
import { pathTo, propertyStep } from "./path.ts";
import { DISGUISED, Refusal, tooLarge } from "./refusal.ts";
import type { KnownType } from "../types/known-type.ts";
import { liveTypeOf } from "../types/registry.ts";

/** What there is to know for storing a value. */
export interface EncodeOptions {
  /** Knows live types by their prototypes. */
  readonly typeOf?: TypeLookup;
  /** The most bytes that the value may take, as {@link Encoded.size} counts them. */
  readonly maxSize?: number;
}

/**
 * Takes a copy of `value` in the vault's own form: one that comes back as it is, or none.
 *
 * Throws `HOTSWAP_NOT_SERIALIZABLE` with the path of what cannot be stored; the path begins with `root`. Throws
 * `HOTSWAP_TOO_LARGE` as soon as more than `maxSize` bytes were found.
 */
export function encode(
  value: unknown,
  root: string,
  { typeOf = liveTypeOf, maxSize = Infinity }: EncodeOptions = {},
): Stored {
  switch (typeof value) {
    case "object":
      return value === null ? null : new Encoder(root, typeOf, maxSize).encode(value);
    case "function":
    case "symbol":
      throw notSerializable(root, reasonAgainst(value));
    case "string":
      if (value.length > maxSize) throw tooLarge(root, maxSize);
      return value;
    default:
      return value as Primitive;
  }
}

/** Returns the live type that a prototype belongs to. */
export type TypeLookup = (prototype: object) => KnownType | undefined;

/**
 * Objects are taken breadth first from a list that grows while it is worked off, so depth is not a limit; an object's
 * place in the list is the index of its row.
 */
class Encoder implements RowWriter {
  readonly #root: string;
  readonly #typeOf: TypeLookup;
  readonly #maxSize: number;
  readonly #found: object[] = [];
  readonly #indices = new Map<object, number>();
  readonly #rows: Row[] = [];
  readonly #types: TypeVersion[] = [];
  /** Indices of the rows of objects that are not open. */
  readonly #closed = new Map<Integrity, number[]>();
  #size = 0;
  /** That of the object whose row is being made. */
  integrity: Integrity = "open";

  constructor(root: string, typeOf: TypeLookup, maxSize: number) {
    this.#root = root;
    this.#typeOf = typeOf;
    this.#maxSize = maxSize;
  }

  encode(value: object): Encoded {
    this.#indexOf(value);
    for (let index = 0; index < this.#found.length; index++) {
      try {
        this.#rows.push(this.#row(this.#found[index] as object, index));
      } catch (error) {
        throw this.#explain(error, index);
      }
    }
    for (const [integrity, indices] of this.#closed) this.#rows.push([integrity, ...indices]);
    return new Encoded(this.#rows, this.#types, this.#size);
  }

  /** The cell for a value that stands in another at `place`; `stepOf` gives the step to it, should it be refused. */
  cell<Place>(value: unknown, stepOf: (place: Place) => string, place: Place): Cell {
    this.count(typeof value === "string" ? value.length : 0);
    switch (typeof value) {
      case "object":
        return value === null ? null : [this.#indexOf(value)];
      case "function":
      case "symbol":
        throw new Refusal(reasonAgainst(value), stepOf(place));
      default:
        return cellOf(value as Primitive);
    }
  }

  count(bytes: number): void {
    this.#size += bytes + BYTES_PER_CELL;
    if (this.#size > this.#maxSize) throw tooLarge(this.#root, this.#maxSize);
  }

  /** The own properties of `source`; only those that `known` has as fields, if given. */
  fields(source: object, known?: KnownType): Fields {
    const allowed = known?.fields;
    const keys = Object.keys(source);
    if (Reflect.ownKeys(source).length !== keys.length) throw refusalOfHidden(source);
    // What a built-in object holds is not in its properties, whatever its prototype says.
    if (keys.length === 0 && !known && holdsHiddenContent(source)) throw new Refusal(DISGUISED);
    const fields: Record<string, Cell> = {};
    for (const key of keys) {
      if (allowed && !allowed.has(key)) throw new Refusal(lostField(known), propertyStep(key));
      this.#size += key.length;
      const cell = this.cell(this.#contentOf(source, key, known), propertyStep, key);
      if (key === "__proto__") Object.defineProperty(fields, key, { value: cell, enumerable: true });
      else fields[key] = cell;
    }
    return fields;
  }

  #contentOf(source: object, key: string, known: KnownType | undefined): unknown {
    const property = Object.getOwnPropertyDescriptor(source, key);
    if (!property || isPlain(property, this.integrity)) return property?.value;
    // Every instance of the class has it, and what it returns is given to its setter.
    if (!known || !property.get || !property.set) throw new Refusal(reasonAgainstProperty(property), propertyStep(key));
    try {
      return (source as Record<string, unknown>)[key];
    } catch (error) {
      throw new Refusal(`reading it failed: ${describeError(error)}`, propertyStep(key), error);
    }
  }

  #indexOf(value: object): number {
    let index = this.#indices.get(value);
    if (index === undefined) {
      index = this.#found.push(value) - 1;
      this.#indices.set(value, index);
    }
    return index;
  }

  #row(value: object, index: number): Row {
    if (types.isProxy(value)) throw new Refusal("a proxy cannot be stored; store what it stands for");
    const prototype: object | null = Object.getPrototypeOf(value);
    const kind = prototype === Object.prototype ? undefined : kindOf(prototype);
    if (!kind?.isImmutable) this.#noteIntegrity(value, index);
    this.count(0);
    if (prototype === Object.prototype) return this.fields(value);
    if (kind) return kind.encode(value as never, this);
    const known = prototype && this.#typeOf(prototype);
    if (known) return this.#live(value, known);
    throw new Refusal(`${describeInstance(prototype)} cannot be stored`);
  }

  #noteIntegrity(value: object, index: number): void {
    this.integrity = integrityOf(value);
    if (this.integrity === "open") return;
    const indices = this.#closed.get(this.integrity);
    if (indices) indices.push(index);
    else this.#closed.set(this.integrity, [index]);
  }

  #live(value: object, known: KnownType): Row {
    const { name, version, plugin } = known;
    const fields = this.fields(value, known);
    if (this.#types.some((type) => type.name === name && type.version === version))
      return ["live", name, version, fields];
    this.#types.push({ name, version, plugin });
    return plugin === undefined ? ["live", name, version, fields] : ["live", name, version, fields, plugin];
  }

  #explain(error: unknown, index: number): HotswapError {
    const path = this.#root + pathTo(this.#rows, index);
    if (error instanceof Refusal) return notSerializable(path + error.step, error.reason, error.cause);
    if (error instanceof HotswapError && error.code === "HOTSWAP_TOO_LARGE") return error;
    return notSerializable(path, describeError(error), error);
  }
}

/** About what a number takes in the store, with what stands around it. */
const BYTES_PER_CELL = 8;

function reasonAgainst(value: unknown): string {
  if (typeof value === "symbol") return "a symbol cannot be stored";
  return /^class\b/.test(Function.prototype.toString.call(value))
    ? "a class cannot be stored"
    : "a function cannot be stored";
}

function lostField(known: KnownType): string {
  return `${known.name} has no field of this name when made without arguments, so reading would lose it; declare it in the class`;
}

function describeInstance(prototype: object | null): string {
  const made: unknown = prototype && Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  const name = typeof made === "function" && typeof made.name === "string" ? made.name : "";
  if (name === "") return "an object with a prototype of its own";
  return Function.prototype.toString.call(made).includes("[native code]")
    ? `a ${name}`
    : `an instance of ${name}, which is not a live type,`;
}

function notSerializable(path: string, reason: string, cause?: unknown): HotswapError {
  return new HotswapError("HOTSWAP_NOT_SERIALIZABLE", `${path}: ${reason}`, { cause });
}
