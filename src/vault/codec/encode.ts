import { HotswapError, describeError } from "../../errors.ts";
import { cellOf } from "./cell.ts";
import { Encoded, type Cell, type Fields, type Primitive, type Row, type Stored, type TypeVersion } from "./form.ts";
import { kindOf, type RowWriter } from "./kinds.ts";
import { pathTo, propertyStep } from "./path.ts";
import { Refusal } from "./refusal.ts";
import type { KnownType } from "../types/known-type.ts";
import { liveTypeOf } from "../types/registry.ts";

/**
 * Takes a copy of `value` in the vault's own form. A getter is read once, as when an object is spread. `typeOf` knows
 * live types by their prototypes.
 *
 * Throws `HOTSWAP_NOT_SERIALIZABLE` with the path of what cannot be stored; the path begins with `root`.
 */
export function encode(value: unknown, root: string, typeOf: TypeLookup = liveTypeOf): Stored {
  switch (typeof value) {
    case "object":
      return value === null ? null : new Encoder(root, typeOf).encode(value);
    case "function":
    case "symbol":
      throw notSerializable(root, reasonAgainst(value));
    default:
      return value as Primitive;
  }
}

/** Answers which live type a prototype belongs to. */
export type TypeLookup = (prototype: object) => KnownType | undefined;

/**
 * Objects are taken breadth first from a list that grows while it is worked off, so depth is no limit; an object's
 * place in the list is the index of its row.
 */
class Encoder implements RowWriter {
  readonly #root: string;
  readonly #typeOf: TypeLookup;
  readonly #found: object[] = [];
  readonly #indices = new Map<object, number>();
  readonly #rows: Row[] = [];
  readonly #types: TypeVersion[] = [];

  constructor(root: string, typeOf: TypeLookup) {
    this.#root = root;
    this.#typeOf = typeOf;
  }

  encode(value: object): Encoded {
    this.#indexOf(value);
    for (let index = 0; index < this.#found.length; index++) {
      try {
        this.#rows.push(this.#row(this.#found[index] as object));
      } catch (error) {
        throw this.#explain(error, index);
      }
    }
    return new Encoded(this.#rows, this.#types);
  }

  /** The cell for a value that stands in another at `place`; `stepOf` gives the step to it, should it be refused. */
  cell<Place>(value: unknown, stepOf: (place: Place) => string, place: Place): Cell {
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

  /** The own enumerable properties of `source`; only those in `allowed`, if given. */
  fields(source: object, known?: KnownType): Fields {
    if (Object.getOwnPropertySymbols(source).length > 0) {
      throw new Refusal("a property whose key is a symbol cannot be stored");
    }
    const allowed = known?.fields;
    const fields: Record<string, Cell> = {};
    for (const key of Object.keys(source)) {
      if (allowed && !allowed.has(key)) throw new Refusal(lostField(known), propertyStep(key));
      const cell = this.cell(this.#read(source, key), propertyStep, key);
      if (key === "__proto__") Object.defineProperty(fields, key, { value: cell, enumerable: true });
      else fields[key] = cell;
    }
    return fields;
  }

  #read(source: object, key: string): unknown {
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

  #row(value: object): Row {
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.fields(value);
    const kind = kindOf(prototype);
    if (kind) return kind.encode(value as never, this);
    const known = prototype && this.#typeOf(prototype);
    if (known) return this.#live(value, known);
    throw new Refusal(`${describeInstance(prototype)} cannot be stored`);
  }

  #live(value: object, known: KnownType): Row {
    const fields = this.fields(value, known);
    if (!this.#types.some(({ name, version }) => name === known.name && version === known.version)) {
      this.#types.push({ name: known.name, version: known.version });
    }
    return ["live", known.name, known.version, fields];
  }

  #explain(error: unknown, index: number): HotswapError {
    const path = this.#root + pathTo(this.#rows, index);
    if (error instanceof Refusal) return notSerializable(path + error.step, error.reason, error.cause);
    return notSerializable(path, describeError(error), error);
  }
}

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
