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
  /** All that it imports and exports, as one text: others need not be linked anew as long as that stays the same. */
  readonly links: string;
  /** In the order of {@link ModuleCode.imports}. */
  readonly targets: readonly Target[];
  /** What `import()` and `require()` name, by their specifiers; what is not found is looked for at run time. */
  readonly later: ReadonlyMap<string, Target>;
}

/** Finds what the imports of a module name. Throws {@link NeedsBundler} for an import that names nothing it may have. */
export function linkModule(
  id: string,
  compiled: CompiledModule,
  settings: CompilerSettings,
  resolution: Resolution,
): LinkedModule {
  const { source, kind, imports, stars, exports, async } = compiled;
  const { path } = source;
  const later = new Map<string, Target>();
  const add = (specifier: string, how: "dynamic-import" | "require-call"): void => {
    const target = resolution.findLater(specifier, path, how);
    if (target !== undefined) later.set(specifier, target);
  };
  for (const specifier of compiled.dynamic) add(specifier, "dynamic-import");
  for (const specifier of compiled.requires) add(specifier, "require-call");
  const targets = imports.map(({ specifier, type }) => resolution.find(specifier, path, type));
  const links = JSON.stringify([kind, async, imports, stars, [...exports], targets, [...later]]);
  return { id, compiled, settings, links, targets, later };
}

/** The modules of the plugin that a module imports, at once or later. */
export function* ownTargets({ targets, later }: LinkedModule): Generator<string, void> {
  for (const target of targets) if (target.kind === "own") yield target.path;
  for (const target of later.values()) if (target.kind === "own") yield target.path;
}
