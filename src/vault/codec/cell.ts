import { MalformedError, cellCodes, type Cell, type Primitive } from "./form.ts";

const undefinedCell: Cell = [cellCodes.undefined];

/** The cell for a primitive value. */
export function cellOf(value: Primitive): Cell {
  switch (typeof value) {
    case "number":
      // This tests in the cheapest way for a finite number that is not -0: most cells are numbers.
      return value - value === 0 && (value !== 0 || 1 / value > 0) ? value : unusualNumber(value);
    case "undefined":
      return undefinedCell;
    case "bigint":
      return [cellCodes.bigint, String(value)];
    default:
      return value;
  }
}

/** The primitive that a cell stands for, or the index of a row. */
export function readCell(cell: unknown, objectAt: (index: number) => unknown): unknown {
  if (typeof cell !== "object" || cell === null) return cell;
  const code: unknown = Array.isArray(cell) ? cell[0] : undefined;
  if (typeof code === "number" && code >= 0) return objectAt(code);
  switch (code) {
    case cellCodes.undefined:
      return undefined;
    case cellCodes.nan:
      return Number.NaN;
    case cellCodes.infinity:
      return Infinity;
    case cellCodes.negativeInfinity:
      return -Infinity;
    case cellCodes.negativeZero:
      return -0;
    case cellCodes.bigint:
      return BigInt(String((cell as readonly unknown[])[1]));
    default:
      throw new MalformedError(`not a cell: ${Bun.inspect(cell)}`);
  }
}

function unusualNumber(value: number): Cell {
  if (Number.isNaN(value)) return [cellCodes.nan];
  if (value === Infinity) return [cellCodes.infinity];
  if (value === -Infinity) return [cellCodes.negativeInfinity];
  return [cellCodes.negativeZero];
}
