import type { Row, TaggedRow } from "./form.ts";

/** `.name`, or `["odd name"]`. */
export function propertyStep(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/**
 * The shortest path from the root to the object of row `index`, such as `[3].socket`, found in the rows that were made
 * so far. It is needed only for errors, so encoding records nothing for it.
 */
export function pathTo(rows: readonly Row[], index: number): string {
  const steps: string[] = [];
  for (let target = index; target > 0;) {
    const parent = rows.findIndex((row) => cellsOf(row).some((cell) => refersTo(cell, target)));
    const row = rows[parent];
    if (!row) break;
    steps.push(stepTo(row, target));
    target = parent;
  }
  return steps.toReversed().join("");
}

function cellsOf(row: Row): unknown[] {
  if (!Array.isArray(row)) return Object.values(row);
  const fields = fieldsOf(row as TaggedRow);
  return fields ? Object.values(fields) : row.slice(1);
}

function fieldsOf(row: TaggedRow): object | undefined {
  if (row[0] === "live") return row[3] as object;
  return row[0] === "null" ? (row[1] as object) : undefined;
}

function refersTo(cell: unknown, index: number): boolean {
  return Array.isArray(cell) && cell[0] === index;
}

function stepTo(row: Row, target: number): string {
  if (!Array.isArray(row)) return fieldStep(row, target);
  const [kind, ...content] = row as readonly [string, ...unknown[]];
  const position = content.findIndex((cell) => refersTo(cell, target));
  switch (kind) {
    case "array":
      return `[${position}]`;
    case "sparse":
      return `[${String(content[position - 1])}]`;
    case "map":
      return position % 2 === 1 ? mapStep(content[position - 1], position >> 1) : `.keys()[${position >> 1}]`;
    case "set":
      return `.values()[${position}]`;
    default: {
      const fields = fieldsOf(row as TaggedRow);
      return fields ? fieldStep(fields, target) : ".buffer";
    }
  }
}

function fieldStep(fields: object, target: number): string {
  const entry = Object.entries(fields).find(([, cell]) => refersTo(cell, target));
  return entry ? propertyStep(entry[0]) : "";
}

/** A Map's value by its key, or by its place when the key is an object. */
export function mapStep(key: unknown, place: number): string {
  return typeof key === "object" && key !== null ? `.values()[${place}]` : `.get(${JSON.stringify(key)})`;
}
