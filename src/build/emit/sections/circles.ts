import type { LinkedModule } from "./linked-module.ts";

/** The modules that import each other in a circle, by number; a module that is in none has a number of its own. */
export function findCircles(linked: ReadonlyMap<string, LinkedModule>): ReadonlyMap<string, number> {
  const circles = new Map<string, number>();
  const found = new Map<string, { index: number; lowest: number }>();
  const open: string[] = [];
  let circle = 0;
  const visit = (path: string): number => {
    const known = found.get(path);
    if (known !== undefined) return circles.has(path) ? Number.POSITIVE_INFINITY : known.index;
    const state = { index: found.size, lowest: found.size };
    found.set(path, state);
    open.push(path);
    for (const target of linked.get(path)?.targets ?? []) {
      if (target.kind === "own") state.lowest = Math.min(state.lowest, visit(target.path));
    }
    if (state.lowest < state.index) return state.lowest;
    for (const member of open.splice(open.indexOf(path))) circles.set(member, circle);
    circle++;
    return Number.POSITIVE_INFINITY;
  };
  for (const path of linked.keys()) visit(path);
  return circles;
}
