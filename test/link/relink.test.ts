import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { linkGraph, type LinkedGraph, relinkGraph } from "../../src/link/link.ts";
import type { LinkNode } from "../../src/link/node.ts";

/** One generation of a plugin that has slots for `dependencies`; those whose name ends with "?" are optional. */
class Node implements LinkNode {
  /** How often linking looked at it. */
  visits = 0;
  readonly #name: string;
  readonly isReloadable: boolean;
  readonly slots: LinkNode["slots"];
  readonly emptySlots: ReadonlySet<string> = new Set();
  readonly facade: object;

  constructor(name: string, dependencies: readonly string[] = [], { member = "one", isReloadable = true } = {}) {
    this.#name = name;
    this.isReloadable = isReloadable;
    this.facade = { [member]: () => undefined };
    this.slots = new Map(
      dependencies.map((slot) => [
        slot.replace("?", ""),
        { optional: slot.endsWith("?"), members: new Map([["one", "function" as const]]) },
      ]),
    );
  }

  get name(): string {
    this.visits++;
    return this.#name;
  }
}

const name = (index: number): string => `p${String(index).padStart(2, "0")}`;

/** A graph without circles: dependencies by plugin, all with smaller numbers; one that is 99 is absent. */
const anyGraph = fc.integer({ min: 1, max: 20 }).chain((size) =>
  fc.tuple(
    ...Array.from({ length: size }, (_, index) =>
      fc.uniqueArray(fc.oneof(fc.nat({ max: Math.max(0, index - 1) }), fc.constant(99)), {
        maxLength: index === 0 ? 0 : 4,
      }),
    ),
  ),
);

function slotsOf(dependencies: readonly number[]): string[] {
  return dependencies.map((index) => (index === 99 ? "absent?" : name(index)));
}

/** The plugins that `start` leads to when a dependency that is replaced has its dependents replaced. */
function withDependents(graph: readonly (readonly number[])[], start: readonly number[]): number[] {
  const replaced = new Set(start);
  for (const [index, dependencies] of graph.entries()) {
    if (dependencies.some((dependency) => replaced.has(dependency))) replaced.add(index);
  }
  return Array.from(replaced).toSorted((a, b) => a - b);
}

/** The order, and what each slot leads to, by name. */
function described({ shape, order }: LinkedGraph<LinkNode>): unknown {
  return order.map((node, position) => ({
    name: node.name,
    key: shape.keys[position],
    position: shape.positions.get(node.name.toLowerCase()),
    slots: shape.edges[position]?.map(({ slot, target }) => [slot, target === undefined ? null : order[target]?.name]),
  }));
}

describe("3.2 linking again after some plugins were replaced", () => {
  test("gives what linking the whole set gives, and looks at nothing but what was replaced", async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, fc.array(fc.nat(), { maxLength: 4 }), async (graph, picks) => {
        const nodes = graph.map((dependencies, index) => new Node(name(index), slotsOf(dependencies)));
        const before = await linkGraph(nodes);
        const replaced = withDependents(
          graph,
          picks.map((pick) => pick % graph.length),
        );
        const fresh = replaced.map((index) => new Node(name(index), slotsOf(graph[index] ?? [])));
        for (const node of nodes) node.visits = 0;
        const relinked = relinkGraph(before, fresh);
        const visited = nodes.filter(({ visits }) => visits > 0);
        expect(visited.map((node) => nodes.indexOf(node))).toEqual(replaced);
        const after = nodes.map((node, index) => fresh[replaced.indexOf(index)] ?? node);
        const whole = await linkGraph(after);
        expect(relinked?.shape).toBe(before.shape);
        expect(relinked && described(relinked)).toEqual(described(whole));
        expect(relinked?.order).toEqual(whole.order);
      }),
    );
  });

  test.each<[string, Node[]]>([
    ["a slot more", [new Node("gamma", ["alpha", "beta"])]],
    ["a slot less", [new Node("gamma")]],
    ["another slot", [new Node("gamma", ["beta"])]],
    ["a slot that is spelt in another way", [new Node("gamma", ["Alpha"])]],
    ["a name that is spelt in another way", [new Node("Gamma", ["alpha"])]],
    ["a plugin that was not there", [new Node("delta")]],
  ])("%s: the whole has to be linked anew", async (_, fresh) => {
    const graph = await linkGraph([new Node("alpha"), new Node("beta"), new Node("gamma", ["alpha"])]);
    expect(relinkGraph(graph, fresh)).toBeUndefined();
  });

  test("an absent dependency that was optional and is required now is for the whole to refuse", async () => {
    const graph = await linkGraph([new Node("alpha", ["absent?"])]);
    const fresh = new Node("alpha", ["absent"]);
    expect(relinkGraph(graph, [fresh])).toBeUndefined();
    await expect(linkGraph([fresh])).rejects.toMatchObject({ code: "HOTSWAP_UNKNOWN_DEPENDENCY" });
  });

  test("what a slot asks for is checked against what was replaced", async () => {
    const graph = await linkGraph([new Node("alpha"), new Node("beta", ["alpha"])]);
    const fresh = [new Node("alpha", [], { member: "two" }), new Node("beta", ["alpha"])];
    expect(() => relinkGraph(graph, fresh)).toThrow(expect.objectContaining({ code: "HOTSWAP_NOT_ASSIGNABLE" }));
  });

  test("a plugin that is not reloadable any more must not depend on one that is", async () => {
    const graph = await linkGraph([new Node("alpha"), new Node("beta", ["alpha"])]);
    const fresh = new Node("beta", ["alpha"], { isReloadable: false });
    expect(() => relinkGraph(graph, [fresh])).toThrow(
      expect.objectContaining({ code: "HOTSWAP_DEPENDENCY_RELOADABLE" }),
    );
  });
});
