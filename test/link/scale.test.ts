import { describe, expect, test } from "bun:test";
import { linkGraph } from "../../src/link/link.ts";
import type { LinkNode } from "../../src/link/node.ts";
import type { SlotRequest } from "../../src/plugin/dependency.ts";

const request: SlotRequest = { optional: false, members: new Map() };

/** A set that counts how often anything of it is looked at. */
class CountedSet {
  operations = 0;
  edges = 0;
  readonly nodes: LinkNode[] = [];

  add(name: string, dependencies: readonly string[]): void {
    this.edges += dependencies.length;
    const count = (): number => this.operations++;
    const slots = new Map<string, SlotRequest>();
    for (const dependency of dependencies) slots.set(dependency, request);
    this.nodes.push({
      get name() {
        count();
        return name;
      },
      get slots() {
        count();
        return slots;
      },
      isReloadable: true,
      emptySlots: new Set(),
      facade: {},
    });
  }
}

const name = (index: number): string => `p${String(index).padStart(6, "0")}`;

const shapes: Record<string, (size: number) => CountedSet> = {
  chain(size) {
    const set = new CountedSet();
    for (let index = 0; index < size; index++) set.add(name(index), index === 0 ? [] : [name(index - 1)]);
    return set;
  },
  "wide star"(size) {
    const set = new CountedSet();
    for (let index = 0; index < size; index++) set.add(name(index), index === 0 ? [] : [name(0)]);
    return set;
  },
  "layered diamond"(size) {
    const set = new CountedSet();
    const layer = (index: number): number => Math.floor(index / 4);
    for (let index = 0; index < size; index++) {
      const below = (layer(index) - 1) * 4;
      set.add(name(index), layer(index) === 0 ? [] : [0, 1, 2, 3].map((offset) => name(below + offset)));
    }
    return set;
  },
};

describe("4 linear work: 10,000 plugins link in time that grows with plugins + edges", () => {
  test.each(Object.keys(shapes))("%s", async (shape) => {
    const perElement = async (size: number): Promise<number> => {
      const set = shapes[shape]?.(size) ?? new CountedSet();
      const { order } = await linkGraph(set.nodes);
      const operations = set.operations;
      expect(order).toHaveLength(size);
      return operations / (size + set.edges);
    };
    // Sorting by name is the only part that is not linear: log2(10,000) / log2(1,000) = 1.33.
    expect((await perElement(10_000)) / (await perElement(1000))).toBeLessThan(1.4);
  });

  test("the order is the same whatever order the plugins come in", async () => {
    const { nodes } = shapes["layered diamond"]?.(400) ?? new CountedSet();
    const names = (list: readonly LinkNode[]): string[] => list.map((node) => node.name);
    const expected = names((await linkGraph(nodes)).order);
    expect(names((await linkGraph(nodes.toReversed())).order)).toEqual(expected);
    expect(expected.slice(0, 4)).toEqual([0, 1, 2, 3].map((index) => name(index)));
  });
});
