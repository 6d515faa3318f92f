/** Stands where a benchmark's generated plugin will be: the hosts of this folder are copied beside it. */
export function handle(): string {
  return "not generated";
}
