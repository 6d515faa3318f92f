import { LIVE_EXPORT } from "../../artifact/manifest.ts";
import type { LiveThing } from "../source/live-names.ts";

/** The specifier under which the entry imports the {@link liveRegistry}; it is made while the bundler is at work. */
export const LIVE_REGISTRY = "hotswap-live-registry";

/** What the bundler begins with: the root module, and the live things of all files. */
export function entryCode(rootModule: string): string {
  const root = JSON.stringify(rootModule);
  return [
    `export * from ${root};`,
    `export { default } from ${root};`,
    `export { live as ${LIVE_EXPORT} } from "${LIVE_REGISTRY}";\n`,
  ].join("\n");
}

/** Entry and registry as one module that stands in another folder than the plugin: what `--bundle=false` writes. */
export function standaloneEntry(
  rootModule: string,
  things: readonly LiveThing[],
  pathOf: (file: string) => string,
): string {
  const root = JSON.stringify(pathOf(rootModule));
  const registry = liveRegistry(things, pathOf).replace("export const live =", `export const ${LIVE_EXPORT} =`);
  return `export * from ${root};\nexport { default } from ${root};\n${registry}`;
}

/**
 * A module that exports the live things of a plugin as `live`.
 *
 * @param pathOf how the module imports a file
 */
export function liveRegistry(things: readonly LiveThing[], pathOf: (file: string) => string): string {
  const imports = things.map(
    ({ file, exportName }, index) => `import { ${exportName} as live${index} } from ${JSON.stringify(pathOf(file))};\n`,
  );
  const table = (kind: LiveThing["kind"]): string => {
    const entries = things.map((thing, index) =>
      thing.kind === kind ? `${propertyKey(thing.name)}: live${index}` : "",
    );
    return `{ ${entries.filter((entry) => entry !== "").join(", ")} }`;
  };
  return `${imports.join("")}export const live = { funcs: ${table("function")}, types: ${table("type")} };\n`;
}

/** A property name as it is written in an object literal. */
export function propertyKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== "__proto__" ? name : `[${JSON.stringify(name)}]`;
}
