/** How many items the counting child keeps, besides the number of its last update. */
export const ITEMS = 40;

/** The item that an update writes; the update also deletes the one half a round ahead. */
export function itemKey(number: number): string {
  return `item ${number % ITEMS}`;
}
