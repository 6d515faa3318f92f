import { importName, propertyKey } from "../../quoted-names.ts";
import { relativeSpecifier } from "../../read/resolve.ts";
import type { LiveThing } from "../../read/live-names.ts";
import { heading, type Registration } from "./generated-file.ts";

/** What a registration module is made from. Paths are absolute. */
export interface StaticSource {
  readonly outputDir: string;
  readonly pluginDir: string;
  readonly rootModule: string;
  readonly live: readonly LiveThing[];
  /** Relative to the plugin's folder. */
  readonly assets: readonly string[];
}

/** The module that registers one plugin: its real source, imported, with its live things and carried files. */
export function registrationCode({ outputDir, pluginDir, rootModule, live, assets }: StaticSource): string {
  const lines = [
    `import type { StaticPlugin } from "hotswap";`,
    ...importLines("* as rootModule", rootModule, outputDir),
    ...live.flatMap(({ file, exportName }, index) =>
      importLines(`{ ${importName(exportName)} as live${index} }`, file, outputDir),
    ),
  ];
  for (const [index, path] of assets.entries()) {
    const file = JSON.stringify(relativeSpecifier(outputDir, `${pluginDir}/${path}`));
    // If TypeScript has a type for the file, it is that of the content; this import gives the path.
    lines.push("// @ts-ignore", `import asset${index} from ${file} with { type: "file" };`);
  }
  const table = (entries: readonly string[]): string => (entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`);
  const liveTable = (kind: LiveThing["kind"]): string =>
    table(live.flatMap((thing, index) => (thing.kind === kind ? [`${propertyKey(thing.name)}: live${index}`] : [])));
  lines.push(
    "",
    "const plugin: StaticPlugin = {",
    "  module: rootModule,",
    `  liveFuncs: ${liveTable("function")},`,
    `  liveTypes: ${liveTable("type")},`,
    `  assets: ${table(assets.map((path, index) => `${propertyKey(path)}: String(asset${index})`))},`,
    "};",
    "",
    "export default plugin;",
  );
  return `${heading(relativeSpecifier(outputDir, pluginDir))}${lines.join("\n")}\n`;
}

/** The module that collects registrations, which stand beside it. */
export function aggregateCode(registrations: readonly Registration[]): string {
  const imports = registrations.map(
    ({ name }, index) => `import plugin${index} from ${JSON.stringify(`./${name}.static.js`)};\n`,
  );
  const entries = registrations.map(({ name }, index) => `  ${propertyKey(name)}: plugin${index},\n`);
  return [
    heading(),
    `import type { StaticPlugin } from "hotswap";\n`,
    ...imports,
    "\n/** For the option `staticPlugins` of a swapper. */\n",
    `export const staticPlugins: Record<string, StaticPlugin> = {${entries.length > 0 ? "\n" : ""}${entries.join("")}};\n`,
  ].join("");
}

/** Without `allowJs`, TypeScript refuses under strict rules to import what is JavaScript. */
function importLines(names: string, file: string, outputDir: string): string[] {
  const line = `import ${names} from ${JSON.stringify(importPath(outputDir, file))};`;
  return /\.[mc]?jsx?$/.test(file) ? ["// @ts-ignore", line] : [line];
}

/**
 * How a module of the output folder imports a source file. A `.ts` file is named `.js`, which TypeScript understands
 * under every module resolution, and Bun, too.
 */
export function importPath(outputDir: string, file: string): string {
  return relativeSpecifier(outputDir, file).replace(/\.(m|c)?tsx?$/, ".$1js");
}
