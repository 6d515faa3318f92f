import type { Vault } from "../vault/vault.ts";
import type { Scope } from "./scope.ts";

/** The typed table behind `invokeFunc`: name to function. */
export type PluginFunctions = Record<string, (...params: never[]) => unknown>;

/** The open form of `invokeFunc`, for plugins that dispatch by themselves. */
export type InvokeFunc = (name: never, ...params: never[]) => unknown;

type MaybePromise<T> = T | Promise<T>;

/**
 * The seven functions of a plugin, all optional (SPEC 2.1). `onLoad`, `onInit` and `onFree` may be async; `reloadable`,
 * `export` and `import` may not.
 */
export interface PluginHooks<Export, Dependencies> {
  /** Called first, once per generation. A plugin that returns `false` stays as it is until the host ends. Default `true`. */
  reloadable?(): boolean;
  /** Called second; what other plugins get when they depend on this one. */
  export?(): Export;
  /** Called third; the object whose slots ({@link dependency}) are filled with what the dependencies export. */
  import?(): Dependencies;
  /** Called when every plugin is linked, dependencies first; `data` is what the host gave to load or reload. */
  onLoad?(data: unknown, scope: Scope): MaybePromise<void>;
  /**
   * Called after every `onLoad`; the vault is ready. Annotate the parameter to type the extension:
   * `onInit(vault: Vault<MyExtension>)`. Register in `scope` what only one version at a time may do (listen, tick, be
   * found by name), and what Bun does not close by itself.
   */
  onInit?(vault: Vault, scope: Scope): MaybePromise<void>;
  /** Called once, when nothing uses this generation any more. */
  onFree?(): MaybePromise<void>;
}

/** A plugin's `functions` or its own `invokeFunc`; giving both is an error (SPEC 2.2). */
type Dispatch<Functions, Invoke> =
  | { functions?: Functions; invokeFunc?: never }
  | { functions?: never; invokeFunc: Invoke };

const definitionBrand = Symbol.for("hotswap.definition");

declare const exported: unique symbol;
declare const invoked: unique symbol;

/**
 * What `definePlugin` returns and a root module exports by default. Its type parameters carry what the plugin exports
 * and how its functions are called; the type is all that a host needs of a plugin:
 * `findPlugin<typeof import("./plugin/gamma").default>("gamma")`.
 */
export interface PluginDefinition<
  Export = unknown,
  Functions extends PluginFunctions = PluginFunctions,
  Invoke extends InvokeFunc = never,
> {
  readonly hooks: DefinedHooks;
  readonly [exported]?: Export;
  readonly [invoked]?: { functions: Functions; invoke: Invoke };
}

/** A definition's members as they were written, not yet checked. */
export type DefinedHooks = Readonly<Record<string, unknown>>;

/**
 * Definitions by plugin name, for `findPlugin("gamma")` without type arguments. Empty until a project adds to it, which
 * `hotswap types` does:
 *
 *     declare module "hotswap" {
 *       interface PluginRegistry { gamma: typeof import("./plugin/gamma").default }
 *     }
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type
export interface PluginRegistry {}

/** What the plugin with this definition exports. */
export type ExportOf<Definition> =
  Definition extends PluginDefinition<infer Export, infer _Functions, infer _Invoke> ? Export : unknown;

/** The functions that `invokeFunc` calls on the plugin with this definition. */
export type FunctionsOf<Definition> = Definition extends { readonly [invoked]?: { functions: infer Functions } }
  ? Functions
  : PluginFunctions;

/** The plugin's own `invokeFunc`, as its parameters are declared. */
export type InvokeOf<Definition> = Definition extends { readonly [invoked]?: { invoke: infer Invoke } }
  ? Invoke
  : InvokeFunc;

/**
 * Declares a plugin: the default export of its root module.
 *
 * The definition is checked when the plugin is built, where its syntax tells enough, and when it is loaded
 * (`HOTSWAP_INVALID_HOOK`).
 *
 * @example
 *     export default definePlugin({
 *       import: () => deps,
 *       export: (): GammaExport => ({ three }),
 *       functions: { pulse(count: number) { ... } },
 *     });
 */
export function definePlugin<
  Export = undefined,
  Dependencies = undefined,
  // The empty table is what a plugin without functions has; `object` would let any name through.
  // oxlint-disable-next-line typescript/no-empty-object-type
  Functions extends PluginFunctions = {},
  Invoke extends InvokeFunc = never,
>(
  definition: PluginHooks<Export, Dependencies> & Dispatch<Functions, Invoke>,
): PluginDefinition<Export, Functions, Invoke> {
  return Object.freeze({ hooks: definition as DefinedHooks, [definitionBrand]: true });
}

/** Whether `value` is what {@link definePlugin} returns. */
export function isPluginDefinition(value: unknown): value is PluginDefinition {
  return typeof value === "object" && value !== null && Reflect.get(value, definitionBrand) === true;
}
