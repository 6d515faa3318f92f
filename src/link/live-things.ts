import { HotswapError } from "../errors.ts";
import { freedCall } from "../generation/entrance.ts";
import type { LiveThings } from "../vault/vault.ts";
import type { Members } from "./members.ts";
import type { Plugin } from "./plugin.ts";

/**
 * Collects the live things of a set. Throws `HOTSWAP_DUPLICATE_LIVE_FUNC` or `HOTSWAP_DUPLICATE_LIVE_TYPE` when two
 * plugins have one of the same name.
 */
export function collectLiveThings(members: Members): LiveThings {
  const typeOwners = new Map<string, Plugin>();
  const live: LiveThings = {
    funcs: new Map(),
    takeBacks: [],
    types: new Map(),
    enterType(name, fn) {
      const owner = typeOwners.get(name);
      if (owner === undefined) throw freedCall(name, "handle");
      return owner.run(fn, name);
    },
  };
  const funcOwners = new Map<string, Plugin>();
  for (const plugin of members.select((generation) => generation.hasLiveThings)) {
    const { liveFuncs, liveTypes } = plugin.source;
    for (const [name, fn] of liveFuncs) {
      const other = funcOwners.get(name);
      if (other !== undefined) throw duplicate("HOTSWAP_DUPLICATE_LIVE_FUNC", "live function", name, other, plugin);
      funcOwners.set(name, plugin);
      const entrance = plugin.open(fn, name);
      live.takeBacks.push(plugin.source.lend(entrance));
      live.funcs.set(name, entrance.toFunction(name));
    }
    for (const [name, type] of liveTypes) {
      const other = typeOwners.get(name);
      if (other !== undefined) throw duplicate("HOTSWAP_DUPLICATE_LIVE_TYPE", "live type", name, other, plugin);
      typeOwners.set(name, plugin);
      live.types.set(name, type);
    }
  }
  return live;
}

function duplicate(
  code: "HOTSWAP_DUPLICATE_LIVE_FUNC" | "HOTSWAP_DUPLICATE_LIVE_TYPE",
  kind: string,
  name: string,
  first: Plugin,
  second: Plugin,
): HotswapError {
  return new HotswapError(
    code,
    `two plugins have a ${kind} "${name}": ${first.name} and ${second.name}; rename one, the vault knows it by its name alone`,
    { plugin: second.name, phase: "vault" },
  );
}
