import type { Job } from "./job.ts";

/** Jobs by the time when they are due: a binary heap. */
export class DueList {
  readonly #heap: Job[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The job that is due first. */
  peek(): Job | undefined {
    return this.#heap[0];
  }

  push(job: Job): void {
    const heap = this.#heap;
    let place = heap.push(job) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = heap[above];
      if (!other || !isBefore(job, other)) break;
      heap[place] = other;
      place = above;
    }
    heap[place] = job;
  }

  /** Takes the job that is due first. */
  pop(): Job | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (!last || last === first) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      let other = heap[below];
      const right = heap[below + 1];
      if (other && right && isBefore(right, other)) {
        other = right;
        below++;
      }
      if (!other || !isBefore(other, last)) break;
      heap[place] = other;
      place = below;
    }
    heap[place] = last;
    return first;
  }
}

function isBefore(one: Job, other: Job): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
