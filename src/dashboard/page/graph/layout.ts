import { alignLayers } from "./align.ts";
import { type GraphPlugin, layersOf, Neighbours } from "./layers.ts";
import { orderLayers, type Place, type Route } from "./order.ts";

/** Where a plugin stands, in px. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The line from a dependency to a dependent; `path` is what an SVG path draws. */
export interface EdgeLine {
  readonly from: string;
  readonly to: string;
  readonly path: string;
}

/** The room of one layer. */
export interface Band {
  readonly depth: number;
  readonly x: number;
  readonly width: number;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly edges: readonly EdgeLine[];
  readonly bands: readonly Band[];
  /** Where the plugins begin that nothing is connected to; `null` when there are none, or nothing else. */
  readonly singleTop: number | null;
  /** Whether the boxes are small. */
  readonly small: boolean;
  readonly neighbours: Neighbours;
}

export interface LayoutOptions {
  /** The room that there is, in px; a wide graph takes more. */
  readonly width: number;
  /** What the plugin's box needs, in px. */
  readonly widthOf: (name: string, small: boolean) => number;
}

/** Sizes in px. */
interface Measures {
  readonly small: boolean;
  readonly boxHeight: number;
  readonly rowGap: number;
  readonly minLayerGap: number;
  readonly maxLayerGap: number;
}

const roomy: Measures = { small: false, boxHeight: 34, rowGap: 14, minLayerGap: 38, maxLayerGap: 150 };
const dense: Measures = { small: true, boxHeight: 24, rowGap: 8, minLayerGap: 30, maxLayerGap: 110 };

/** From this many plugins on a graph is large: layers of many plugins stand in several columns. */
const LARGE_FROM = 50;
/** Rows of a large graph: as few as the width allows. */
const LARGE_ROWS = { min: 14, max: 44 };
const PADDING = 16;
/** Room above the boxes for the names of the bands. */
const HEADING = 26;
/** Between the columns of one layer. */
const COLUMN_GAP = 14;
/** Room that an edge takes where it passes through a layer. */
const BEND_ROOM = 16;

/** Whether a graph of so many plugins is drawn as a large one. */
export function isLarge(plugins: number): boolean {
  return plugins >= LARGE_FROM;
}

/**
 * Places plugins in layers from left to right: each stands right of everything it depends on. The same plugins give the
 * same picture, whatever order they come in.
 */
export function layoutGraph(plugins: readonly GraphPlugin[], options: LayoutOptions): GraphLayout {
  const sorted = plugins.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const neighbours = new Neighbours(sorted);
  const { layers, single } = layersOf(sorted, neighbours);
  const large = isLarge(plugins.length);
  const spacious = large ? undefined : placeLayers(layers, neighbours, roomy, options);
  const fits = spacious !== undefined && spacious.width <= options.width;
  const measures = fits ? roomy : dense;
  const connected = large
    ? placeColumns(layers, neighbours, options)
    : fits
      ? spacious
      : placeLayers(layers, neighbours, dense, options);
  const top = layers.length === 0 ? PADDING : connected.height + HEADING + measures.rowGap;
  const grid = placeGrid(single, top, measures, options);
  const bottom = single.length === 0 ? connected.height : grid.height;
  return {
    width: Math.max(connected.width, grid.width),
    height: bottom + PADDING,
    boxes: new Map([...connected.boxes, ...grid.boxes]),
    edges: connected.edges,
    bands: connected.bands,
    small: measures.small,
    singleTop: single.length === 0 || layers.length === 0 ? null : top,
    neighbours,
  };
}

/** Part of a layout; `height` is where its lowest box ends. */
type Placed = Pick<GraphLayout, "width" | "height" | "boxes" | "edges" | "bands">;

function placeLayers(
  names: readonly (readonly string[])[],
  neighbours: Neighbours,
  measures: Measures,
  options: LayoutOptions,
): Placed {
  const { layers, routes } = orderLayers(names, neighbours, { bends: true });
  const room = measures.boxHeight + measures.rowGap;
  const middles = alignLayers(layers, ({ isBend }) => (isBend ? BEND_ROOM : room));
  const widths = names.map((layer) => Math.max(...layer.map((name) => options.widthOf(name, measures.small))));
  const bands = placeBands(widths, measures, options.width);
  const bandOf = new Map(layers.flatMap((layer, depth) => layer.map((place) => [place, bands[depth]] as const)));
  const y = (place: Place): number => HEADING + PADDING + (middles.get(place) ?? 0) - measures.rowGap / 2;
  const boxes = new Map<string, Box>();
  for (const place of layers.flat()) {
    const band = bandOf.get(place);
    if (place.isBend || band === undefined) continue;
    const height = measures.boxHeight;
    boxes.set(place.key, { x: band.x, y: y(place) - height / 2, width: band.width, height });
  }
  const edges = routes.map((route) => ({
    from: route.from,
    to: route.to,
    path: curve(route.places.map((place) => ({ ...(bandOf.get(place) ?? { x: 0, width: 0 }), y: y(place) }))),
  }));
  return { ...extent(boxes, bands), boxes, edges, bands };
}

/** Like {@link placeLayers}, with the layers in as many columns as the width allows, and straight edges. */
function placeColumns(names: readonly (readonly string[])[], neighbours: Neighbours, options: LayoutOptions): Placed {
  const { layers, routes } = orderLayers(names, neighbours, { bends: false });
  const columnWidths = chooseColumns(layers, options);
  const bands = placeBands(columnWidths.map(sumOfColumns), dense, options.width);
  const room = dense.boxHeight + dense.rowGap;
  const boxes = new Map<string, Box>();
  for (const [depth, layer] of layers.entries()) {
    const columns = columnWidths[depth] ?? [];
    for (const [index, { key }] of layer.entries()) {
      const column = index % columns.length;
      const x = (bands[depth]?.x ?? 0) + columns.slice(0, column).reduce((sum, width) => sum + width + COLUMN_GAP, 0);
      const y = HEADING + PADDING + Math.floor(index / columns.length) * room;
      boxes.set(key, { x, y, width: columns[column] ?? 0, height: dense.boxHeight });
    }
  }
  return { ...extent(boxes, bands), boxes, edges: routes.map((route) => straightEdge(route, boxes)), bands };
}

/** The widths of the columns of each layer, of as few rows as fit into the width. */
function chooseColumns(layers: readonly (readonly Place[])[], { width, widthOf }: LayoutOptions): number[][] {
  for (let rows = LARGE_ROWS.min; ; rows++) {
    const columnWidths = layers.map((layer) => {
      const columns = Math.ceil(layer.length / rows);
      return Array.from({ length: columns }, (_, column) =>
        Math.max(...layer.filter((_place, index) => index % columns === column).map(({ key }) => widthOf(key, true))),
      );
    });
    const gaps = Math.max(0, layers.length - 1) * dense.minLayerGap;
    const needed = columnWidths.reduce((sum, columns) => sum + sumOfColumns(columns), gaps + 2 * PADDING);
    if (needed <= width || rows === LARGE_ROWS.max) return columnWidths;
  }
}

/** Plugins that nothing is connected to, in rows below the rest. */
function placeGrid(names: readonly string[], top: number, measures: Measures, options: LayoutOptions): Placed {
  const boxes = new Map<string, Box>();
  const width = Math.max(0, ...names.map((name) => options.widthOf(name, measures.small)));
  const columns = Math.max(1, Math.floor((options.width - 2 * PADDING + COLUMN_GAP) / (width + COLUMN_GAP)));
  const room = measures.boxHeight + measures.rowGap;
  for (const [index, name] of names.entries()) {
    const x = PADDING + (index % columns) * (width + COLUMN_GAP);
    boxes.set(name, { x, y: top + Math.floor(index / columns) * room, width, height: measures.boxHeight });
  }
  return { ...extent(boxes, []), boxes, edges: [], bands: [] };
}

/** Spreads the layers over the width, and centres them when there is more than they need. */
function placeBands(widths: readonly number[], measures: Measures, available: number): Band[] {
  const boxes = widths.reduce((sum, width) => sum + width, 0);
  const gaps = Math.max(1, widths.length - 1);
  const wanted = (available - 2 * PADDING - boxes) / gaps;
  const gap = Math.min(measures.maxLayerGap, Math.max(measures.minLayerGap, wanted));
  const total = boxes + (widths.length - 1) * gap;
  let x = Math.max(PADDING, (available - total) / 2);
  return widths.map((width, depth) => {
    const band = { depth, x, width };
    x += width + gap;
    return band;
  });
}

function extent(boxes: ReadonlyMap<string, Box>, bands: readonly Band[]): { width: number; height: number } {
  const rights = [...boxes.values(), ...bands].map(({ x, width }) => x + width + PADDING);
  const bottoms = Array.from(boxes.values(), ({ y, height }) => y + height);
  return { width: Math.max(0, ...rights), height: Math.max(0, ...bottoms) };
}

function sumOfColumns(columns: readonly number[]): number {
  return columns.reduce((sum, width) => sum + width, 0) + Math.max(0, columns.length - 1) * COLUMN_GAP;
}

function straightEdge({ from, to }: Route, boxes: ReadonlyMap<string, Box>): EdgeLine {
  const ends = [boxes.get(from), boxes.get(to)].filter((box) => box !== undefined);
  return { from, to, path: curve(ends.map(({ x, y, width, height }) => ({ x, width, y: y + height / 2 }))) };
}

/** A smooth line from the right side of the first stop to the left side of the last, level where it passes a stop. */
function curve(stops: readonly { readonly x: number; readonly width: number; readonly y: number }[]): string {
  let path = "";
  let start = { x: 0, y: 0 };
  for (const [index, { x, y, width }] of stops.entries()) {
    if (index > 0) {
      const reach = Math.max(24, (x - start.x) / 2);
      path += ` C${round(start.x + reach)} ${round(start.y)} ${round(x - reach)} ${round(y)} ${round(x)} ${round(y)}`;
    }
    start = { x: x + width, y };
    if (index === 0) path = `M${round(start.x)} ${round(y)}`;
    else if (index < stops.length - 1) path += ` H${round(start.x)}`;
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
