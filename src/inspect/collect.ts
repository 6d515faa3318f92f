/** Calls that are nested to overwrite what earlier ones left on the stack. */
const DEPTH = 2000;

/**
 * Collects garbage at once, which stops the host for a time that grows with its heap. The engine takes every word on the
 * machine's stack for a reference, so what earlier calls left there is overwritten first.
 */
export function collectNow(): void {
  nest(DEPTH);
  Bun.gc(true);
}

function nest(depth: number): number {
  return depth === 0 ? 0 : 1 + nest(depth - 1);
}
