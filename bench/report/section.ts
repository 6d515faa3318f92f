/** What one benchmark hands back: everything the report and the chart are made of. */
export interface Section {
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly method: string;
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** What could not be measured here, each with the reason. */
  readonly absent: readonly string[];
  readonly charts: readonly Chart[];
  /** What runs are compared by. */
  readonly figures: readonly Figure[];
}

/** A quantity with each of its measurements. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** Whether less of it is better, as of time, or more, as of requests a second. */
  readonly better: "less" | "more";
  readonly values: readonly number[];
}

/** Of times and whatever else is better the less it is. */
export function less(name: string, unit: string, values: readonly number[]): Figure {
  return { name, unit, better: "less", values };
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A goal with what this run says about it. */
export interface Goal {
  readonly goal: string;
  readonly met: boolean;
  /** The figures that decide. */
  readonly measured: string;
  /** Where the difference comes from, when it is not met. */
  readonly reason: string;
}

/** One panel of bars on a logarithmic scale. */
export interface Chart {
  readonly title: string;
  /** Printed after each value. */
  readonly unit: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  /** Positive; the bar's length. */
  readonly value: number;
  readonly ours: boolean;
}

/** What a benchmark is given. */
export interface Run {
  /** `true` for a run of seconds that shows that everything works; its figures mean little. */
  readonly quick: boolean;
  /** Reports progress to the person who waits. */
  readonly log: (message: string) => void;
}

export type Suite = (run: Run) => Promise<Section>;
