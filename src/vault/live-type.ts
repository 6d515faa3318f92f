/** One step between two versions: gets a copy of the old shape and returns the new one. */
export type Migration = (old: never) => unknown;

/** Steps by the version that they start from. */
export type Migrations = Readonly<Record<number, Migration>>;

/** A function that the vault hands out by name. */
export type LiveFunc = (...params: never[]) => unknown;

/**
 * A class whose instances may be stored: in the data bag, as live data, in jobs. Stored is its name, its version and
 * the own enumerable fields of the instance, never the class; reading gives an instance of the newest class.
 *
 * For that the class must be able to construct itself without arguments, and such a fresh instance must have every
 * field that is to be stored: fields that it has are filled from the data, fields that the data lacks keep the
 * values the constructor gave them, and what the data has beyond them is dropped.
 *
 * @example
 *     export class Live_Player {
 *       static version = 2;
 *       static migrations = { 1: (old: { hp: number }) => ({ ...old, health: old.hp }) };
 *       static downgrades = { 2: (now: { health: number }) => ({ ...now, hp: now.health }) };
 *       name = "";
 *       health = 100;
 *     }
 */
export type LiveType = (new (...params: never[]) => object) & {
  readonly name: string;
  /** Version of the shape, an integer from 1; 1 unless given. */
  readonly version?: number;
  /** Step `n` takes the fields of version n and returns those of version n + 1. */
  readonly migrations?: Migrations;
  /**
   * Step `n` takes the fields of version n and returns those of version n - 1; it lets older code be rolled back to.
   */
  readonly downgrades?: Migrations;
};
