import type { Place } from "./order.ts";

/** Rounds of aligning; more move nothing by a whole pixel. */
const ROUNDS = 16;

/** What a bend weighs against a plugin: long edges are to be straight. */
const BEND_WEIGHT = 3;

/**
 * Gives each place the middle of its box on the other axis: as near to the mean of its neighbours as its order and the
 * sizes of the boxes allow. `sizeOf` is the room that a place takes, gap included. The topmost box begins at 0.
 */
export function alignLayers(
  layers: readonly (readonly Place[])[],
  sizeOf: (place: Place) => number,
): ReadonlyMap<Place, number> {
  const middle = new Map<Place, number>();
  for (const layer of layers) {
    let top = 0;
    for (const place of layer) {
      middle.set(place, top + sizeOf(place) / 2);
      top += sizeOf(place);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const layer of round % 2 === 0 ? layers : layers.toReversed()) {
      const wishes = layer.map((place) => wishOf(place, middle));
      const aligned = spread(
        wishes,
        layer.map(sizeOf),
        layer.map(({ isBend }) => (isBend ? BEND_WEIGHT : 1)),
      );
      for (const [index, place] of layer.entries()) middle.set(place, aligned[index] ?? 0);
    }
  }
  const top = Math.min(...Array.from(middle, ([place, at]) => at - sizeOf(place) / 2));
  for (const [place, at] of middle) middle.set(place, at - top);
  return middle;
}

/**
 * The positions nearest to `wishes` (least squares) that keep the order and leave room for every size: neighbours that
 * want the same room form a block that goes to the mean of its wishes.
 */
export function spread(wishes: readonly number[], sizes: readonly number[], weights: readonly number[]): number[] {
  const offsets: number[] = [];
  let offset = 0;
  for (const [index, size] of sizes.entries()) {
    offset += ((sizes[index - 1] ?? size) + size) / 2;
    offsets.push(offset);
  }
  const blocks: { at: number; weight: number; length: number }[] = [];
  for (const [index, wish] of wishes.entries()) {
    let block = { at: wish - (offsets[index] ?? 0), weight: weights[index] ?? 1, length: 1 };
    for (let last = blocks.at(-1); last !== undefined && last.at > block.at; last = blocks.at(-1)) {
      blocks.pop();
      const weight = last.weight + block.weight;
      const at = (last.at * last.weight + block.at * block.weight) / weight;
      block = { at, weight, length: last.length + block.length };
    }
    blocks.push(block);
  }
  const starts = blocks.flatMap(({ at, length }) => Array.from({ length }, () => at));
  return starts.map((at, index) => at + (offsets[index] ?? 0));
}

function wishOf(place: Place, middle: ReadonlyMap<Place, number>): number {
  const near = [...place.before, ...place.after];
  if (near.length === 0) return middle.get(place) ?? 0;
  return near.reduce((sum, other) => sum + (middle.get(other) ?? 0), 0) / near.length;
}
