import type { InvokeName } from "../link/plugin.ts";
import type { PluginRegistry } from "../plugin/define.ts";

type RegisteredReference = {
  [Name in keyof PluginRegistry & string]: `${Name}.${InvokeName<PluginRegistry[Name]> & string}`;
}[keyof PluginRegistry & string];

/**
 * A plugin's function by name: `"chat.page"` is the function `page` of the plugin `chat`. What stands after the last dot is
 * the function. Registered plugins complete in an editor.
 */
export type FunctionReference = RegisteredReference | (`${string}.${string}` & {});

/** A reference, taken apart. */
export interface FunctionName {
  readonly plugin: string;
  readonly fn: string;
}

/** Throws a `TypeError` that names `where` the reference stands when it is none. */
export function parseReference(reference: string, where: string): FunctionName {
  const dot = reference.lastIndexOf(".");
  const plugin = reference.slice(0, Math.max(dot, 0));
  const fn = reference.slice(dot + 1);
  if (plugin !== "" && fn !== "") return { plugin, fn };
  throw new TypeError(
    `serve: ${where} is "${reference}", which names no function of a plugin: write "<plugin>.<function>", like "chat.page"`,
  );
}
