import { readCell } from "./cell.ts";
import { HotswapError, describeError } from "../../errors.ts";
import type { Migrations } from "../live-type.ts";
import { Encoded, MalformedError, isTagged, type Row, type Stored, type TaggedRow } from "./form.ts";
import { kindTagged } from "./kinds.ts";
import type { RowReader } from "./kind.ts";
import { migrate } from "../types/migrate.ts";
import type { KnownType } from "../types/known-type.ts";

/** The classes with which instances of live types are made. */
export interface TypeSource {
  /**
   * The class for a name; `undefined` leaves the instance a plain object with the fields as they are stored. `plugin` is
   * the one that had the type when the instance was stored, if that is known.
   */
  find(name: string, plugin: string | undefined): KnownType | undefined;
  /** The steps down of the newest code, for a set that is older than the data. */
  downgradesOf?(name: string): Migrations | undefined;
}

/** A source without classes: every instance becomes a plain object. */
export const noTypes: TypeSource = { find: () => undefined };

/**
 * Makes the value that `stored` stands for. `what` names it in messages.
 *
 * Throws `HOTSWAP_MIGRATION_FAILED` when an instance cannot be brought to the version of its class,
 * `HOTSWAP_NOT_SERIALIZABLE` when one cannot be made, and {@link MalformedError} when the rows are damaged.
 */
export function decode(stored: Stored, types: TypeSource, what: string): unknown {
  return stored instanceof Encoded ? new Decoder(stored, types, what).decode() : stored;
}

class Decoder implements RowReader {
  readonly #rows: readonly Row[];
  readonly #written: Encoded["types"];
  readonly #types: TypeSource;
  readonly #what: string;
  readonly #objects: object[];

  constructor(encoded: Encoded, types: TypeSource, what: string) {
    this.#rows = encoded.rows;
    this.#written = encoded.types;
    this.#types = types;
    this.#what = what;
    this.#objects = [];
  }

  decode(): object {
    const rows = this.#rows;
    for (let index = 0; index < rows.length; index++) this.#objects[index] ??= this.#create(index);
    const instances: number[] = [];
    for (let index = 0; index < rows.length; index++) {
      if (!this.#fill(index)) instances.push(index);
    }
    // What an instance refers to comes after it, so going backwards a migration finds the instances within already
    // migrated, except where they refer back to it.
    for (const index of instances.toReversed()) this.#fillInstance(index);
    const [root] = this.#objects;
    if (!root) throw new MalformedError("there are no rows");
    for (let index = rows.length - 1; this.#close(rows[index] as Row); index--);
    return root;
  }

  /** Forbids what the last rows say; `false` for a row of another kind. */
  #close(row: Row): boolean {
    const close = isTagged(row) ? closings.get(row[0]) : undefined;
    if (!close) return false;
    for (const index of (row as TaggedRow).slice(1)) close(this.#objects[Number(index)]);
    return true;
  }

  value(cell: unknown): unknown {
    return readCell(cell, this.#objectAt);
  }

  setFields(target: object, fields: unknown): void {
    if (typeof fields !== "object" || fields === null) throw new MalformedError("fields are missing");
    for (const key of Object.keys(fields)) {
      const value = this.value((fields as Record<string, unknown>)[key]);
      // Assigning this one would set the prototype.
      if (key === "__proto__")
        Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
      else (target as Record<string, unknown>)[key] = value;
    }
  }

  readonly #objectAt = (index: number): object => (this.#objects[index] ??= this.#create(index));

  #create(index: number): object {
    const row = this.#rows[index];
    if (typeof row !== "object" || row === null) throw new MalformedError(`there is no row ${index}`);
    if (!isTagged(row) || closings.has(row[0])) return {};
    if (row[0] === "live") return this.#typeOf(row)?.construct() ?? {};
    const kind = kindTagged(row[0]);
    if (!kind) throw new MalformedError(`unknown kind ${Bun.inspect(row[0])}`);
    return kind.create(row, this);
  }

  /** `false` for an instance of a live type, which is filled later. */
  #fill(index: number): boolean {
    const row = this.#rows[index] as Row;
    const object = this.#objects[index] as object;
    if (!isTagged(row)) this.setFields(object, row);
    else if (row[0] === "live") return false;
    else kindTagged(row[0])?.fill?.(object as never, row, this);
    return true;
  }

  #fillInstance(index: number): void {
    const [, , version, stored] = this.#rows[index] as TaggedRow;
    const instance = this.#objects[index] as Record<string, unknown>;
    const type = this.#typeOf(this.#rows[index] as TaggedRow);
    if (!type) return this.setFields(instance, stored);
    const fields: Record<string, unknown> = {};
    this.setFields(fields, stored);
    const migrated = this.#migrateFields(type, fields, Number(version));
    type.enter(() => assignFields(instance, migrated, type.name));
  }

  #typeOf([, name]: TaggedRow): KnownType | undefined {
    return this.#types.find(String(name), this.#written.find((type) => type.name === name)?.plugin);
  }

  #migrateFields(type: KnownType, fields: object, from: number): object {
    return migrateFields(this.#what, type, fields, from, this.#types.downgradesOf?.(type.name));
  }
}

/** What a row at the end of the list does to the objects of other rows. */
const closings = new Map<string, (object: unknown) => void>([
  ["fixed", Object.preventExtensions],
  ["sealed", Object.seal],
  ["frozen", Object.freeze],
]);

/** Brings the fields of an instance to the version of `type`. Throws `HOTSWAP_MIGRATION_FAILED`. */
export function migrateFields(what: string, type: KnownType, fields: object, from: number, newer?: Migrations): object {
  if (from === type.version) return fields;
  const name = `${type.name} in ${what}`;
  const { migrations, downgrades } = type.class;
  const target = { version: type.version, migrations, downgrades, newerDowngrades: newer };
  const migrated = type.enter(() => migrate(name, fields, from, target));
  if (typeof migrated === "object" && migrated !== null) return migrated;
  throw new HotswapError(
    "HOTSWAP_MIGRATION_FAILED",
    `${name}: the steps from version ${from} to ${type.version} returned ${Bun.inspect(migrated)} where the fields are expected`,
  );
}

/** Fills an instance with the fields that its class has (SPEC 8.3). */
export function assignFields(instance: Record<string, unknown>, fields: object, typeName: string): void {
  for (const [key, value] of Object.entries(fields)) {
    if (!Object.hasOwn(instance, key)) continue;
    try {
      instance[key] = value;
    } catch (error) {
      const message = `${typeName}.${key} cannot be filled: ${describeError(error)}`;
      throw new HotswapError("HOTSWAP_NOT_SERIALIZABLE", message, { cause: error });
    }
  }
}
