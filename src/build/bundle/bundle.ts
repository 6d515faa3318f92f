import { join } from "node:path";
import { BuildError, codeFrame, type Diagnostic, fileDiagnostic } from "../diagnostic.ts";
import type { FilledOptions } from "../options.ts";
import { HostImports } from "./host-imports.ts";
import { type LinkedCode, linkHost } from "./link-host.ts";
import { artifactMap, splitBundle } from "./source-map.ts";

export interface Bundle extends LinkedCode {
  /** A source map as JSON, relative to the project's root. */
  readonly sourceMap: string;
}

/** Bundles a plugin and links it to the host's bridge. */
export async function bundle(options: FilledOptions, entry: string): Promise<Bundle> {
  const imports = new HostImports({ pluginDir: options.pluginDir, root: options.root, packages: "host" });
  const file = join(options.pluginDir, "__hotswap_entry__.ts");
  const output = await Bun.build({
    entrypoints: [file],
    files: { [file]: entry },
    target: "bun",
    format: "esm",
    sourcemap: "inline",
    throw: false,
    define: { "process.env.NODE_ENV": "process.env.NODE_ENV" },
    jsx: { development: false },
    plugins: [imports.plugin()],
  });
  const result = output.outputs[0];
  if (!output.success || result === undefined) throw new BuildError(options.name, output.logs.map(toDiagnostic));
  const { code, map } = splitBundle(await result.text());
  return { ...linkHost(code, imports.live), sourceMap: artifactMap(map, options.root) };
}

function toDiagnostic(log: BuildMessage | ResolveMessage): Diagnostic {
  const { position, message } = log;
  if (position === null) return fileDiagnostic("", message);
  const { file, line, column, lineText, length } = position;
  return { file, line, column, message, frame: codeFrame(lineText, 1, column, length) };
}
