import type { Paint } from "../terminal/paint.ts";

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Numbers stand under each other by their last digit. */
  readonly right?: boolean;
  readonly paint?: (text: string, row: Row) => string;
}

/** Rows under a line of titles, with a line feed at the end; columns in which nothing stands are left out. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], paint: Paint): string {
  const cells = columns
    .map((column) => ({ column, values: rows.map((row) => column.value(row)) }))
    .filter(({ values }) => values.some((value) => value !== ""));
  const widths = cells.map(({ column, values }) =>
    Math.max(...[column.title, ...values].map((text) => Bun.stringWidth(text))),
  );
  const titles = cells.map(({ column }, index) => paint.dim(pad(column.title, widths[index] ?? 0, column.right)));
  const lines = rows.map((row, line) =>
    cells.map(({ column, values }, index) => {
      const text = pad(values[line] ?? "", widths[index] ?? 0, column.right);
      return column.paint?.(text, row) ?? text;
    }),
  );
  return [titles, ...lines].map((line) => `${line.join("  ").trimEnd()}\n`).join("");
}

/** Labels and what belongs to them, under each other. */
export function fields(rows: readonly (readonly [label: string, text: string])[], paint: Paint): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `${paint.dim(label.padEnd(width))}  ${text}\n`).join("");
}

function pad(text: string, width: number, right = false): string {
  const blanks = " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
  return right ? blanks + text : text + blanks;
}
