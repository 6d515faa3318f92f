import type { Box, GraphLayout } from "./layout.ts";

/** What a step across the direction costs, against one along it. */
const ASIDE = 2.5;

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The plugin that an arrow key leads to from `name`: the nearest in that direction. */
export function nextInDirection(key: string, name: string, { boxes }: Pick<GraphLayout, "boxes">): string | undefined {
  const direction = directions[key];
  const start = boxes.get(name);
  if (direction === undefined || start === undefined) return undefined;
  const [right, down] = direction;
  let nearest: string | undefined;
  let least = Infinity;
  for (const [other, box] of boxes) {
    const [x, y] = between(start, box);
    const along = x * right + y * down;
    if (other === name || along <= 1) continue;
    const cost = along + ASIDE * Math.abs(x * down + y * right);
    if (cost >= least) continue;
    least = cost;
    nearest = other;
  }
  return nearest;
}

/** From the middle of the one to the middle of the other. */
function between(a: Box, b: Box): readonly [number, number] {
  return [b.x + b.width / 2 - a.x - a.width / 2, b.y + b.height / 2 - a.y - a.height / 2];
}
