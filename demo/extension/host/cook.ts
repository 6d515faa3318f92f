import type { PluginDefinition } from "hotswap";

/** A plugin that puts dishes on the menu: what the host knows of all of them. */
export type Cook = PluginDefinition<undefined, { make(dish: string): string }>;
