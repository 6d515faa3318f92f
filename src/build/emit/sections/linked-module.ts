import { dirname, join } from "node:path";
import type { Diagnostic } from "../../diagnostic.ts";
import type { EditedModule } from "../../host/context/edited-module.ts";
import type { CompiledModule } from "../../compile/compile.ts";
import type { CompilerSettings } from "../../compile/compiler-settings.ts";
import type { Resolution, Target } from "../../host/resolution.ts";

/** A module with what its imports name. */
export interface LinkedModule {
  /** Its path, with what it is taken for if that is not what its ending says. */
  readonly id: string;
  readonly compiled: CompiledModule;
  /** With what it was compiled. */
  readonly settings: CompilerSettings;
  /**
   * Everything that it imports and exports, as one text. As long as this stays the same, other modules need not be
   * linked anew.
   */
  readonly links: string;
  /** In the order of {@link ModuleCode.imports}. */
  readonly targets: readonly Target[];
  /** What `import()` and `require()` name, by their specifiers; what is not found is looked for at run time. */
  readonly later: ReadonlyMap<string, Target>;
  /** What it chooses from at run time: paths, with what the files are taken for. */
  readonly choices: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

/** Finds what the imports of a module name. Throws {@link NeedsBundler} for an import that names nothing it may have. */
export function linkModule(
  id: string,
  compiled: CompiledModule,
  settings: CompilerSettings,
  resolution: Resolution,
  context: EditedModule | undefined,
): LinkedModule {
  const { source, kind, imports, stars, exports, async } = compiled;
  const { path } = source;
  const later = new Map<string, Target>();
  for (const specifier of [...compiled.dynamic, ...compiled.requires]) {
    const target = resolution.findLater(specifier, path);
    if (target !== undefined) later.set(specifier, target);
  }
  const targets = imports.map(({ specifier, type }) => resolution.find(specifier, path, type));
  const links = JSON.stringify([kind, async, imports, stars, [...exports], targets, [...later]]);
  const choices = (context?.choices ?? []).map(([chosen, type]) => {
    const file = join(dirname(path), chosen);
    return type === undefined ? file : `${file}?type=${type}`;
  });
  return { id, compiled, settings, links, targets, later, choices, warnings: context?.warnings ?? [] };
}

/** The modules of the plugin that a module imports, at once or later. */
export function* ownTargets({ targets, later }: LinkedModule): Generator<string, void> {
  for (const target of targets) if (target.kind === "own") yield target.path;
  for (const target of later.values()) if (target.kind === "own") yield target.path;
}
