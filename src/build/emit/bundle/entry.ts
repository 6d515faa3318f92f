import { importName, propertyKey } from "../../quoted-names.ts";
import { LIVE_EXPORT } from "../../../artifact/manifest.ts";
import { relativeSpecifier } from "../../read/resolve.ts";
import type { LiveThing } from "../../read/live-names.ts";

/**
 * What the bundler begins with, as a module in `folder`: it exports what the root module exports, and the live things of
 * all files. It says nothing about where the project lies.
 */
export function entryCode(folder: string, rootModule: string, things: readonly LiveThing[]): string {
  const root = JSON.stringify(relativeSpecifier(folder, rootModule));
  const imports = things.map(({ file, exportName }, index) => {
    const path = JSON.stringify(relativeSpecifier(folder, file));
    return `import { ${importName(exportName)} as live${index} } from ${path};\n`;
  });
  const table = (kind: LiveThing["kind"]): string => {
    const entries = things.flatMap((thing, index) =>
      thing.kind === kind ? [`${propertyKey(thing.name)}: live${index}`] : [],
    );
    return `{ ${entries.join(", ")} }`;
  };
  return [
    `export * from ${root};\n`,
    `export { default } from ${root};\n`,
    ...imports,
    `export const ${LIVE_EXPORT} = { funcs: ${table("function")}, types: ${table("type")} };\n`,
  ].join("");
}
