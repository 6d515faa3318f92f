import { type ModuleExport, WHOLE } from "../../compile/module-code.ts";
import { NeedsBundler } from "../../needs-bundler.ts";
import type { Target } from "../../host/resolution.ts";
import type { LinkedModule } from "./linked-module.ts";

/** What a name that a module exports comes from, through whatever modules export it again. */
export type Origin =
  | {
      readonly kind: "own";
      readonly path: string;
      readonly name: string;
      readonly is: Extract<ModuleExport, { kind: "local" }>["is"];
    }
  /** The namespace of a module, of the plugin or not. */
  | { readonly kind: "namespace"; readonly target: Target }
  | { readonly kind: "host"; readonly target: Exclude<Target, { kind: "own" }>; readonly name: string };

/** The names that the modules of one plugin export. */
export class ModuleNames {
  readonly #linked: ReadonlyMap<string, LinkedModule>;
  readonly #names = new Map<string, ReadonlySet<string>>();

  constructor(linked: ReadonlyMap<string, LinkedModule>) {
    this.#linked = linked;
  }

  /** What a module exports, including re-exports. Unknown for CommonJS. */
  of(path: string): ReadonlySet<string> {
    const known = this.#names.get(path);
    if (known !== undefined) return known;
    const names = new Set<string>();
    // Modules that export each other in a circle see what is known so far, and are not remembered.
    this.#collect(path, names, new Set());
    this.#names.set(path, names);
    return names;
  }

  /** `undefined` when there is no such name, or there are several. */
  origin(target: Target, name: string): Origin | undefined {
    return this.#origin(target, name, new Set());
  }

  #collect(path: string, names: Set<string>, seen: Set<string>): void {
    if (seen.has(path)) return;
    seen.add(path);
    const module = this.#module(path);
    const { exports, stars } = module.compiled;
    for (const name of exports.keys()) names.add(name);
    for (const index of stars) {
      const target = module.targets[index];
      if (target?.kind !== "own") throw new NeedsBundler(`${path} exports everything of a module that is not its own`);
      if (this.#module(target.path).compiled.kind === "commonjs") {
        throw new NeedsBundler(`${path} exports everything of a module of CommonJS`);
      }
      const inner = new Set<string>();
      this.#collect(target.path, inner, seen);
      for (const name of inner) if (name !== "default") names.add(name);
    }
  }

  #origin(target: Target, name: string, seen: Set<string>): Origin | undefined {
    if (name === WHOLE) return { kind: "namespace", target };
    if (target.kind !== "own") return { kind: "host", target, name };
    const { path } = target;
    const asked = JSON.stringify([path, name]);
    if (seen.has(asked)) return undefined;
    seen.add(asked);
    const module = this.#module(path);
    const { kind, exports, stars } = module.compiled;
    if (kind === "commonjs") return { kind: "own", path, name, is: "value" };
    const found = exports.get(name);
    if (found?.kind === "local") return { kind: "own", path, name, is: found.is };
    if (found !== undefined) return this.#origin(targetAt(module, found.index), found.name, seen);
    if (name === "default") return undefined;
    const origins = stars.flatMap((index) => this.#origin(targetAt(module, index), name, new Set(seen)) ?? []);
    const [first, ...others] = origins;
    return others.every((other) => sameOrigin(other, first)) ? first : undefined;
  }

  #module(path: string): LinkedModule {
    const module = this.#linked.get(path);
    if (module === undefined) throw new Error(`${path} was not compiled`);
    return module;
  }
}

function targetAt({ targets }: LinkedModule, index: number): Target {
  const target = targets[index];
  if (target === undefined) throw new Error(`there is no import ${index}`);
  return target;
}

function sameOrigin(one: Origin, other: Origin | undefined): boolean {
  if (one.kind === "own") return other?.kind === "own" && one.path === other.path && one.name === other.name;
  return one.kind === other?.kind && JSON.stringify(one) === JSON.stringify(other);
}
