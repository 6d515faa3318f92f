import { registry } from "hotswap";
import type { Command } from "../contracts.ts";

/** What can be said with a slash. Plugins add to it; a reload hands it over as a whole. */
export const commands = registry<Command>("commands");
