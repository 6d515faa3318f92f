import { heapStats } from "bun:jsc";

/** Growth that is allowed from the second quarter to the last: a tenth. */
const ALLOWED = 1.1;

const MEGABYTE = 1e6;

interface Sample {
  readonly reloads: number;
  /** In bytes. */
  readonly resident: number;
  readonly heap: number;
}

/** Memory as it was every now and then. */
export class Samples {
  readonly #samples: Sample[] = [];

  /** Takes and prints a sample, after a full collection. */
  async take(reloads: number): Promise<void> {
    // What was swapped out is freed in the background, and finalizers run when the event loop has been idle.
    await Bun.sleep(20);
    Bun.gc(true);
    const sample = { reloads, resident: process.memoryUsage.rss(), heap: heapStats().heapSize };
    this.#samples.push(sample);
    const [resident, heap] = [sample.resident, sample.heap].map((bytes) => (bytes / MEGABYTE).toFixed(1).padStart(8));
    console.log(`${String(reloads).padStart(8)} reloads  RSS ${resident} MB  heap ${heap} MB`);
  }

  /** What grew: the mean of the last quarter must not exceed that of the second by more than a tenth. */
  problems(): string[] {
    return [...this.#growth("RSS", ({ resident }) => resident), ...this.#growth("heap", ({ heap }) => heap)];
  }

  #growth(what: string, value: (sample: Sample) => number): string[] {
    const second = this.#meanOfQuarter(1, value);
    const last = this.#meanOfQuarter(3, value);
    const reloads = this.#samples.at(-1)?.reloads ?? 0;
    const perReload = (last - second) / (reloads / 2);
    console.log(
      `${what}: ${(second / MEGABYTE).toFixed(1)} MB in the second quarter, ${(last / MEGABYTE).toFixed(1)} MB in the last: ${perReload.toFixed(0)} bytes a reload`,
    );
    return last > second * ALLOWED ? [`${what} grew by ${((last / second - 1) * 100).toFixed(1)} %`] : [];
  }

  #meanOfQuarter(quarter: number, value: (sample: Sample) => number): number {
    const size = this.#samples.length / 4;
    const values = this.#samples.slice(Math.floor(quarter * size), Math.floor((quarter + 1) * size)).map(value);
    return values.reduce((sum, one) => sum + one, 0) / values.length;
  }
}
