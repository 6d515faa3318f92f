import { HotswapError } from "../errors.ts";
import type { SlotRequest } from "../plugin/dependency.ts";
import { didYouMean } from "../suggest.ts";
import type { LinkNode } from "./node.ts";

/** Throws `HOTSWAP_NOT_ASSIGNABLE` or `HOTSWAP_DEPENDENCY_RELOADABLE` when `target` is not what the slot of `node` asks for. */
export function checkSlot(node: LinkNode, target: LinkNode, slot: string, request: SlotRequest): void {
  if (!node.isReloadable && target.isReloadable) {
    throw linkError(
      "HOTSWAP_DEPENDENCY_RELOADABLE",
      node,
      `${node.name} is not reloadable but depends on ${target.name}, which is: a reload of ${target.name} could not reach it; make ${target.name} not reloadable, or ${node.name} reloadable`,
    );
  }
  for (const [member, kind] of request.members) {
    const value = memberOf(target.facade, member);
    if (value === undefined) {
      throw linkError(
        "HOTSWAP_NOT_ASSIGNABLE",
        node,
        `${node.name} requires "${member}" of its dependency "${slot}", but ${target.name} ${target.facade === undefined ? "exports nothing" : `exports no such member${didYouMean(member, Object.keys(Object(target.facade) as object))}`}`,
      );
    }
    if (kind !== undefined && typeof value !== kind) {
      throw linkError(
        "HOTSWAP_NOT_ASSIGNABLE",
        node,
        `${node.name} requires "${member}" of its dependency "${slot}" to be of type ${kind}, but ${target.name} exports a value of type ${typeof value}`,
      );
    }
  }
}

function memberOf(exported: unknown, member: string): unknown {
  if (exported === undefined || exported === null) return undefined;
  return Reflect.get(Object(exported) as object, member);
}

/** The error for a slot that has to be filled and names none of the set's plugins. */
export function unknownDependency(node: LinkNode, slot: string, nodes: readonly LinkNode[]): HotswapError {
  const names = nodes.map(({ name }) => name);
  return linkError(
    "HOTSWAP_UNKNOWN_DEPENDENCY",
    node,
    `${node.name} imports "${slot}", which is not in the set${didYouMean(slot, names)}: build it, or declare the slot with dependency.optional()`,
  );
}

function linkError(
  code: "HOTSWAP_UNKNOWN_DEPENDENCY" | "HOTSWAP_NOT_ASSIGNABLE" | "HOTSWAP_DEPENDENCY_RELOADABLE",
  node: LinkNode,
  message: string,
): HotswapError {
  return new HotswapError(code, message, { plugin: node.name, phase: "link" });
}
