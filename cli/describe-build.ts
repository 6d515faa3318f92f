import type { Manifest } from "../src/artifact/manifest.ts";
import type { BuildResult, StaticBuildResult } from "../src/build/index.ts";
import type { Paint } from "./terminal/paint.ts";

/** Names that are shown of a long list. */
const SHOWN = 8;

const partNames: Readonly<Record<keyof BuildResult["parts"], string>> = {
  code: "code",
  sourceMap: "source map",
  carried: "carried files",
  manifest: "manifest",
};

/** What `-v` tells about a build, with a line feed at the end. */
export function describeBuild(result: BuildResult, file: string, paint: Paint): string {
  const { name, hash, size, parts, manifest, modules, bundled = [], unchanged, timings } = result;
  const { total, ...steps } = timings;
  const times = Object.entries(steps).map(([step, time]) => `${step} ${milliseconds(time)}`);
  return section(paint, name, [
    ["artifact", `${file}, ${bytes(size)}${unchanged ? ", unchanged" : ""}`],
    [
      "made of",
      Object.entries(parts)
        .flatMap(([part, length]) => (length === 0 ? [] : `${partNames[part as keyof typeof parts]} ${bytes(length)}`))
        .join(", "),
    ],
    ["hash", hash],
    ["modules", counted(modules)],
    ...(bundled.length === 0
      ? []
      : [["bundled alone", counted(bundled.map(({ module, why }) => `${module} (${why})`))] as const]),
    ["live functions", defined(manifest.liveFuncs)],
    ["live types", defined(manifest.liveTypes)],
    ["from the host", hostModules(manifest)],
    ["carried files", counted(manifest.assets.map(({ path, size: length }) => `${path} (${bytes(length)})`))],
    ["time", `${milliseconds(total)}: ${times.join(", ")}`],
  ]);
}

/** What `-v` tells about code generated for static linking, with a line feed at the end. */
export function describeStaticBuild(result: StaticBuildResult, paint: Paint): string {
  return section(paint, result.name, [
    ["live functions", counted(result.liveFuncs)],
    ["live types", counted(result.liveTypes)],
    ["carried files", counted(result.assets)],
    ["linked plugins", counted(result.plugins)],
  ]);
}

function section(paint: Paint, title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, text]) => `  ${paint.dim(label.padEnd(width))}  ${text}\n`);
  return `${paint.bold(title)}\n${lines.join("")}`;
}

function defined(files: Readonly<Record<string, string>>): string {
  return counted(Object.entries(files).map(([name, file]) => `${name} (${file})`));
}

function hostModules({ hostModules: modules }: Manifest): string {
  return counted(
    modules.map(({ specifier, names, lazy }) => {
      const taken = [...names, ...(lazy ? ["by import()"] : [])];
      return taken.length === 0 ? specifier : `${specifier} (${taken.join(", ")})`;
    }),
  );
}

function counted(entries: readonly string[]): string {
  if (entries.length === 0) return "none";
  const rest = entries.length > SHOWN ? `, and ${entries.length - SHOWN} more` : "";
  return `${entries.length}: ${entries.slice(0, SHOWN).join(", ")}${rest}`;
}

function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  return count < 1024 ** 2 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1024 ** 2).toFixed(1)} MiB`;
}

function milliseconds(time: number): string {
  return `${time.toFixed(1)} ms`;
}
