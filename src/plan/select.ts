import { HotswapError } from "../errors.ts";
import { compareNames } from "../link/link.ts";
import type { FoundArtifacts } from "../load/found-artifact.ts";
import type { StaticPlugin } from "../load/static.ts";

/**
 * The plugins of the whitelist, or all without one (SPEC 3.4). Throws `HOTSWAP_WHITELIST_MISSING` naming all that are not
 * in `where`.
 */
export function selectPlugins(
  found: FoundArtifacts,
  whitelist: readonly string[] | undefined,
  where: string,
): FoundArtifacts {
  if (whitelist === undefined) return found;
  const wanted = new Map(whitelist.map((name) => [name.toLowerCase(), name]));
  const missing = Array.from(wanted)
    .filter(([key]) => !found.has(key))
    .map(([, name]) => name)
    .toSorted(compareNames);
  if (missing.length > 0) {
    throw new HotswapError(
      "HOTSWAP_WHITELIST_MISSING",
      `the whitelist names plugins that are not in ${where}: ${missing.join(", ")}; build them, or take them off the list`,
      { phase: "scan" },
    );
  }
  return new Map(Array.from(found).filter(([key]) => wanted.has(key)));
}

/** Statically linked plugins in the form of artifacts. Throws `HOTSWAP_DUPLICATE_PLUGIN`. */
export function staticArtifacts(plugins: Readonly<Record<string, StaticPlugin>>): FoundArtifacts {
  const found: Map<string, ReturnType<typeof staticArtifact>> = new Map();
  for (const name of Object.keys(plugins)) {
    const key = name.toLowerCase();
    const other = found.get(key);
    if (other !== undefined) {
      throw new HotswapError(
        "HOTSWAP_DUPLICATE_PLUGIN",
        `staticPlugins has "${other.name}" and "${name}", which are one name: remove one`,
        { plugin: name, phase: "scan" },
      );
    }
    found.set(key, staticArtifact(name));
  }
  return found;
}

function staticArtifact(name: string) {
  return {
    name,
    file: "",
    hash: "",
    manifest: { name, folder: "", hostModules: [], liveFuncs: {}, liveTypes: {}, assets: [] },
    bytes: async () => new Uint8Array(),
  };
}
