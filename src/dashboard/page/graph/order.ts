import type { Neighbours } from "./layers.ts";

/** A place in a layer: a plugin, or a bend of an edge that passes through. */
export interface Place {
  /** The plugin's name; of a bend, a key that is no plugin's name. */
  readonly key: string;
  readonly isBend: boolean;
  /** Connected places in the layer before. */
  readonly before: Place[];
  /** Connected places in the layer after. */
  readonly after: Place[];
}

/** The way of one dependency through the layers, from the dependency to the dependent. */
export interface Route {
  readonly from: string;
  readonly to: string;
  /** A place in every layer from the one's to the other's. */
  readonly places: readonly Place[];
}

export interface OrderedLayers {
  readonly layers: readonly Place[][];
  readonly routes: readonly Route[];
}

/** Rounds of sorting; more change hardly anything. */
const ROUNDS = 8;

/**
 * Orders each layer so that few edges cross: every place goes to the mean position of its neighbours, in turns forth and
 * back, and the best of the orders seen is kept. With `bends`, an edge over several layers has a place of its own in each.
 */
export function orderLayers(
  names: readonly (readonly string[])[],
  neighbours: Neighbours,
  { bends }: { readonly bends: boolean },
): OrderedLayers {
  const layers: Place[][] = names.map((layer) => layer.map((key) => place(key, false)));
  const routes = connect(layers, neighbours, bends);
  let best = copyOf(layers);
  let fewest = countCrossings(best);
  for (let round = 0; round < ROUNDS && fewest > 0; round++) {
    sweep(layers, round % 2 === 0);
    swapNeighbours(layers);
    const crossings = countCrossings(layers);
    if (crossings >= fewest) continue;
    fewest = crossings;
    best = copyOf(layers);
  }
  return { layers: best, routes };
}

/** Swaps places that stand next to each other where fewer of their edges cross then. */
function swapNeighbours(layers: readonly Place[][]): void {
  for (const [depth, layer] of layers.entries()) {
    const before = positions(layers[depth - 1] ?? []);
    const after = positions(layers[depth + 1] ?? []);
    for (const [index, second] of layer.entries()) {
      const first = layer[index - 1];
      if (first === undefined) continue;
      const gain =
        inversions(first.before, second.before, before) -
        inversions(second.before, first.before, before) +
        inversions(first.after, second.after, after) -
        inversions(second.after, first.after, after);
      if (gain <= 0) continue;
      layer[index - 1] = second;
      layer[index] = first;
    }
  }
}

/** Pairs of neighbours that stand the other way round than those whose neighbours they are. */
function inversions(first: readonly Place[], second: readonly Place[], index: ReadonlyMap<Place, number>): number {
  let amount = 0;
  for (const one of first) {
    for (const other of second) if ((index.get(one) ?? -1) > (index.get(other) ?? Infinity)) amount++;
  }
  return amount;
}

/** How many pairs of edges between neighbouring layers cross. */
export function countCrossings(layers: readonly (readonly Place[])[]): number {
  let crossings = 0;
  for (const [depth, layer] of layers.entries()) {
    const index = positions(layers[depth - 1] ?? []);
    const ends: number[] = [];
    for (const { before } of layer) {
      const starts = before.flatMap((from) => index.get(from) ?? []).toSorted((a, b) => a - b);
      for (const start of starts) for (const end of ends) if (end > start) crossings++;
      ends.push(...starts);
    }
  }
  return crossings;
}

function connect(layers: Place[][], neighbours: Neighbours, bends: boolean): Route[] {
  const routes: Route[] = [];
  const depthOf = new Map(layers.flatMap((layer, depth) => layer.map(({ key }) => [key, depth] as const)));
  const placeOf = new Map(layers.flat().map((known) => [known.key, known]));
  for (const [to, depth] of Array.from(depthOf)) {
    for (const from of neighbours.deps.get(to) ?? []) {
      const [first, last] = [placeOf.get(from), placeOf.get(to)];
      if (first === undefined || last === undefined) continue;
      const places = [first];
      const bendsAfter = bends ? (depthOf.get(from) ?? 0) : depth;
      for (let between = bendsAfter + 1; between < depth; between++) {
        const bend = place(`${from}\n${to}\n${between}`, true);
        layers[between]?.push(bend);
        places.push(bend);
      }
      places.push(last);
      for (const [index, next] of places.slice(1).entries()) {
        places[index]?.after.push(next);
        if (places[index] !== undefined) next.before.push(places[index]);
      }
      routes.push({ from, to, places });
    }
  }
  return routes;
}

function sweep(layers: Place[][], forward: boolean): void {
  const depths = layers.map((_, depth) => depth);
  for (const depth of forward ? depths.slice(1) : depths.slice(0, -1).toReversed()) {
    const layer = layers[depth];
    if (layer === undefined) continue;
    // Over all layers, not only the next: without bends a neighbour may stand further away.
    const fraction = new Map(layers.flatMap((row) => row.map((known, index) => [known, (index + 0.5) / row.length])));
    const wish = new Map(
      layer.map((known) => {
        const near = forward ? known.before : known.after;
        const at = near.length === 0 ? fraction.get(known) : mean(near.map((other) => fraction.get(other) ?? 0));
        return [known, at ?? 0];
      }),
    );
    layers[depth] = layer.toSorted((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
  }
}

function positions(layer: readonly Place[]): Map<Place, number> {
  return new Map(layer.map((known, index) => [known, index]));
}

function copyOf(layers: readonly Place[][]): Place[][] {
  return layers.map((layer) => Array.from(layer));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function place(key: string, isBend: boolean): Place {
  return { key, isBend, before: [], after: [] };
}
