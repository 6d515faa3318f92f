import { LIVE_EXPORT } from "../../artifact/manifest.ts";
import type { LiveThing } from "../source/live-names.ts";
import { relativeSpecifier } from "./resolve.ts";

/** The specifier under which the entry imports the {@link liveRegistry}; it is made while the bundler is at work. */
export const LIVE_REGISTRY = "hotswap:live-registry";

/** How the registry names a file of the plugin: an artifact says nothing about where the project lies. */
export const OWN_PREFIX = "hotswap-own:";

/** What the bundler begins with: the root module, and the live things of all files. */
export function entryCode(rootModule: string): string {
  const root = JSON.stringify(rootModule);
  return [
    `export * from ${root};`,
    `export { default } from ${root};`,
    `export { live as ${LIVE_EXPORT} } from "${LIVE_REGISTRY}";\n`,
  ].join("\n");
}

/** Entry and registry as one module that stands in `folder`: what `--bundle=false` writes. */
export function standaloneEntry(rootModule: string, things: readonly LiveThing[], folder: string): string {
  const root = JSON.stringify(relativeSpecifier(folder, rootModule));
  const registry = registryCode(LIVE_EXPORT, things, (file) => relativeSpecifier(folder, file));
  return `export * from ${root};\nexport { default } from ${root};\n${registry}`;
}

/** The {@link LIVE_REGISTRY} of the plugin in `pluginDir`: a module that exports its live things as `live`. */
export function liveRegistry(things: readonly LiveThing[], pluginDir: string): string {
  return registryCode("live", things, (file) => OWN_PREFIX + relativeSpecifier(pluginDir, file));
}

function registryCode(name: string, things: readonly LiveThing[], specifierOf: (file: string) => string): string {
  const imports = things.map(({ file, exportName }, index) => {
    const specifier = JSON.stringify(specifierOf(file));
    return `import { ${importName(exportName)} as live${index} } from ${specifier};\n`;
  });
  const table = (kind: LiveThing["kind"]): string => {
    const entries = things.map((thing, index) =>
      thing.kind === kind ? `${propertyKey(thing.name)}: live${index}` : "",
    );
    return `{ ${entries.filter((entry) => entry !== "").join(", ")} }`;
  };
  return `${imports.join("")}export const ${name} = { funcs: ${table("function")}, types: ${table("type")} };\n`;
}

/** An exported name as it is written in an import. */
export function importName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** A property name as it is written in an object literal. */
export function propertyKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== "__proto__" ? name : `[${JSON.stringify(name)}]`;
}
