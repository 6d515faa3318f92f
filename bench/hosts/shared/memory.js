/**
 * Resident memory in bytes, after as thorough a garbage collection as the runtime offers.
 *
 * @returns {number}
 */
export function residentMemory() {
  if (typeof Bun === "object") Bun.gc(true);
  else globalThis.gc?.();
  return process.memoryUsage.rss();
}
