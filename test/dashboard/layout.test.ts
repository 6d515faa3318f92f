import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { spread } from "../../src/dashboard/page/graph/align.ts";
import { nextInDirection } from "../../src/dashboard/page/graph/arrow-keys.ts";
import { type GraphPlugin, layersOf, Neighbours } from "../../src/dashboard/page/graph/layers.ts";
import { type Box, type GraphLayout, layoutGraph } from "../../src/dashboard/page/graph/layout.ts";
import { countCrossings, orderLayers } from "../../src/dashboard/page/graph/order.ts";

const trine: readonly GraphPlugin[] = [
  { name: "alpha", deps: [] },
  { name: "beta", deps: ["alpha"] },
  { name: "gamma", deps: ["beta"] },
];

/** Plugins each of which depends on some of those before it. */
const graphs = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { maxLength: 220, size: "max" })
  .map((edges): GraphPlugin[] =>
    edges.map((targets, index) => ({
      name: `plugin-${index}`,
      deps: index === 0 ? [] : Array.from(new Set(targets.map((target) => `plugin-${target % index}`))),
    })),
  );

function layout(plugins: readonly GraphPlugin[], width = 900): GraphLayout {
  return layoutGraph(plugins, { width, widthOf: (name, small) => 60 + name.length * (small ? 6 : 7) });
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Names by layer. */
function layers(plugins: readonly GraphPlugin[]): {
  layers: readonly (readonly string[])[];
  single: readonly string[];
} {
  return layersOf(plugins, new Neighbours(plugins));
}

describe("the picture of the dependency graph", () => {
  test("a plugin stands one layer after the deepest of its dependencies", () => {
    const plugins = [...trine, { name: "delta", deps: ["alpha", "gamma"] }];
    expect(layers(plugins)).toEqual({ layers: [["alpha"], ["beta"], ["gamma"], ["delta"]], single: [] });
  });

  test("plugins that nothing is connected to stand apart; a dependency that is absent counts for nothing", () => {
    const plugins = [...trine, { name: "lone", deps: ["absent"] }];
    expect(layers(plugins).single).toEqual(["lone"]);
    const { singleTop, boxes } = layout(plugins);
    expect(boxes.get("lone")?.y).toBe(singleTop ?? -1);
    expect(layout(trine).singleTop).toBeNull();
  });

  test("every plugin has a box, no two overlap, and all lie right of what they depend on", () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 300, max: 1600 }), (plugins, width) => {
        const { boxes, edges, neighbours, ...size } = layout(plugins, width);
        expect(boxes.size).toBe(plugins.length);
        const all = Array.from(boxes.values());
        for (const [index, box] of all.entries()) {
          expect(box.x).toBeGreaterThanOrEqual(0);
          expect(box.y).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width).toBeLessThanOrEqual(size.width);
          expect(box.y + box.height).toBeLessThanOrEqual(size.height);
          if (all.slice(index + 1).some((other) => overlap(box, other))) throw new Error("two boxes overlap");
        }
        expect(edges).toHaveLength(plugins.reduce((sum, { deps }) => sum + deps.length, 0));
        for (const { from, to, path } of edges) {
          const [start, end] = [boxes.get(from), boxes.get(to)];
          if (start === undefined || end === undefined) throw new Error("an edge leads nowhere");
          expect(start.x + start.width).toBeLessThan(end.x);
          expect(path).not.toContain("NaN");
        }
        expect(neighbours.deps.size).toBe(plugins.length);
      }),
      { numRuns: 60 },
    );
  });

  test("the same plugins give the same picture, whatever order they come in", () => {
    fc.assert(
      fc.property(graphs, (plugins) => {
        const picture = (order: readonly GraphPlugin[]): unknown =>
          Array.from(layout(order).boxes).toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(picture(plugins.toReversed())).toEqual(picture(plugins));
      }),
      { numRuns: 20 },
    );
  });

  test("30 plugins fit into a window of usual width, in small boxes where they must", () => {
    const plugins = Array.from({ length: 30 }, (_, index) => ({
      name: `plugin-${index}`,
      deps: index < 6 ? [] : [`plugin-${index - 6}`, `plugin-${(index * 7) % (index - 5)}`],
    }));
    expect(layout(plugins, 1100)).toMatchObject({ small: false, width: expect.any(Number) });
    expect(layout(plugins, 1100).width).toBeLessThanOrEqual(1100);
    expect(layout(plugins, 760)).toMatchObject({ small: true });
    expect(layout(plugins, 760).width).toBeLessThanOrEqual(760);
  });

  test("200 plugins in few layers use the whole width: a layer stands in several columns", () => {
    const plugins = Array.from({ length: 200 }, (_, index) => ({
      name: `plugin-${index}`,
      deps: index < 70 ? [] : [`plugin-${index % 70}`],
    }));
    const { boxes, width, height } = layout(plugins, 1400);
    expect(width).toBeLessThanOrEqual(1400);
    expect(height).toBeLessThan(900);
    expect(new Set(Array.from(boxes.values(), ({ x }) => x)).size).toBeGreaterThan(6);
  });

  test("edges are untangled where that is possible", () => {
    const plugins = [
      { name: "a", deps: [] },
      { name: "b", deps: [] },
      { name: "c", deps: [] },
      { name: "x", deps: ["c"] },
      { name: "y", deps: ["b"] },
      { name: "z", deps: ["a"] },
    ];
    const neighbours = new Neighbours(plugins);
    const ordered = orderLayers(layersOf(plugins, neighbours).layers, neighbours, { bends: true });
    expect(countCrossings(ordered.layers)).toBe(0);
  });

  test("an edge over several layers has a place of its own in each, and passes no box", () => {
    const plugins = [...trine, { name: "delta", deps: ["alpha", "gamma"] }];
    const neighbours = new Neighbours(plugins);
    const { layers: places, routes } = orderLayers(layersOf(plugins, neighbours).layers, neighbours, { bends: true });
    expect(places.map((layer) => layer.length)).toEqual([1, 2, 2, 1]);
    expect(routes.find(({ from, to }) => from === "alpha" && to === "delta")?.places).toHaveLength(4);
  });

  test("boxes go where they want to as far as the others leave room", () => {
    expect(spread([0, 100], [10, 10], [1, 1])).toEqual([0, 100]);
    expect(spread([50, 50], [10, 10], [1, 1])).toEqual([45, 55]);
    expect(spread([50, 50], [10, 10], [3, 1])).toEqual([47.5, 57.5]);
  });

  test("arrow keys lead to the neighbour in their direction", () => {
    const picture = layout([...trine, { name: "beta-2", deps: ["alpha"] }]);
    expect(nextInDirection("ArrowRight", "beta", picture)).toBe("gamma");
    expect(nextInDirection("ArrowLeft", "gamma", picture)).toBe("beta");
    expect(nextInDirection("ArrowDown", "beta", picture)).toBe("beta-2");
    expect(nextInDirection("ArrowUp", "beta-2", picture)).toBe("beta");
    expect(nextInDirection("ArrowLeft", "alpha", picture)).toBeUndefined();
    expect(nextInDirection("Enter", "alpha", picture)).toBeUndefined();
  });

  test("everything that a plugin is connected to is known, in both directions", () => {
    const neighbours = new Neighbours([...trine, { name: "lone", deps: [] }]);
    expect(neighbours.closure("gamma", "deps")).toEqual(new Set(["beta", "alpha"]));
    expect(neighbours.closure("alpha", "dependents")).toEqual(new Set(["beta", "gamma"]));
    expect(neighbours.closure("lone", "deps").size).toBe(0);
  });
});
