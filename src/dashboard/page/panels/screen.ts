import type { FeedPart, GenerationSpan } from "../../feed.ts";
import type { KnownFeed } from "../feed-client.ts";

/** Everything that the page shows. */
export interface Screen {
  readonly feed: KnownFeed;
  /** Whether the dashboard's server is there. */
  readonly connected: boolean;
  /** Name of the plugin that was chosen. */
  readonly selected: string | undefined;
}

/** A part of the page. */
export interface Panel {
  /** Called when something changed: parts of the feed, or the selection (no part). */
  update(screen: Screen, changed: ReadonlySet<FeedPart>): void;
  /** Called every second, for what grows older. `now` is in ms since 1970. */
  tick?(now: number): void;
}

/** Chooses a plugin, or none. */
export type Select = (plugin: string | undefined) => void;

/** Calls under way by plugin, over all its generations. */
export function callsByPlugin(generations: readonly GenerationSpan[]): ReadonlyMap<string, number> {
  const calls = new Map<string, number>();
  for (const { plugin, calls: own } of generations) calls.set(plugin, (calls.get(plugin) ?? 0) + own);
  return calls;
}

/** What a state is called, and the class that paints it: `leaked` is told apart from `freed`. */
export function stateName({ state, leaked }: GenerationSpan): string {
  return leaked && state === "freed" ? "leaked" : state;
}
