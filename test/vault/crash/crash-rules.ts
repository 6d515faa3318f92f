/** How many items the counting child keeps, besides the number of its last update. */
export const ITEMS = 40;

/** The item that an update writes; the update also deletes the one half a round ahead. */
export function itemKey(number: number): string {
  return `item ${number % ITEMS}`;
}

/** Every so many updates the child also writes so many keys at once, more than a store writes in one turn. */
export const BULK_EVERY = 60;
export const BULK = 3000;
