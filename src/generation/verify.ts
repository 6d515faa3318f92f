import { HotswapError } from "../errors.ts";
import { type DefinedHooks, isPluginDefinition, type PluginFunctions, type PluginHooks } from "../plugin/define.ts";
import { hooks, isHookName } from "../plugin/hooks.ts";
import { didYouMean } from "../suggest.ts";
import type { AnyFunction } from "../load/graph.ts";

/** A definition whose members are what they should be. */
export interface VerifiedDefinition extends PluginHooks<unknown, unknown> {
  readonly functions?: PluginFunctions;
  readonly invokeFunc?: AnyFunction;
}

/**
 * The definition that a root module exports by default, checked (SPEC 2.3). Throws `HOTSWAP_NOT_A_PLUGIN` and
 * `HOTSWAP_INVALID_HOOK`.
 */
export function verifyDefinition(plugin: string, rootModule: Record<string, unknown>): VerifiedDefinition {
  const definition = rootModule["default"];
  if (!isPluginDefinition(definition)) {
    throw new HotswapError(
      "HOTSWAP_NOT_A_PLUGIN",
      `the default export of "${plugin}" is ${definition === undefined ? "missing" : "not a definition"}: write \`export default definePlugin({ ... })\` in its index.ts`,
      { plugin, phase: "load" },
    );
  }
  verifyMembers(plugin, definition.hooks);
  return definition.hooks as VerifiedDefinition;
}

function verifyMembers(plugin: string, members: DefinedHooks): void {
  for (const [name, value] of Object.entries(members)) {
    if (!isHookName(name)) {
      throw invalidHook(plugin, `"${name}" is not a hook${didYouMean(name, Object.keys(hooks))}`);
    }
    if (value === undefined) continue;
    switch (hooks[name]) {
      case "function":
        if (typeof value !== "function")
          throw invalidHook(plugin, `"${name}" must be a function, not ${kindOf(value)}`);
        break;
      case "table":
        verifyTable(plugin, name, value);
        break;
      default:
        hooks[name] satisfies never;
    }
  }
  if (members["functions"] !== undefined && members["invokeFunc"] !== undefined) {
    throw invalidHook(plugin, `"functions" and "invokeFunc" are both given: keep one`);
  }
}

function verifyTable(plugin: string, name: string, table: unknown): void {
  if (typeof table !== "object" || table === null || Array.isArray(table)) {
    throw invalidHook(plugin, `"${name}" must be an object of functions, not ${kindOf(table)}`);
  }
  for (const [key, value] of Object.entries(table)) {
    if (typeof value !== "function") {
      throw invalidHook(plugin, `"${name}.${key}" must be a function, not ${kindOf(value)}`);
    }
  }
}

function invalidHook(plugin: string, problem: string): HotswapError {
  return new HotswapError("HOTSWAP_INVALID_HOOK", `in the definition of "${plugin}": ${problem}`, {
    plugin,
    phase: "load",
  });
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}
