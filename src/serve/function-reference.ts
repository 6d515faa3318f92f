import type { InvokeName } from "../link/plugin.ts";
import type { FunctionsOf, InvokeOf, PluginRegistry } from "../plugin/define.ts";
import type { FunctionMistake, Mistake, Place } from "./place.ts";

type RegisteredReference = {
  [Name in keyof PluginRegistry & string]: `${Name}.${InvokeName<PluginRegistry[Name]> & string}`;
}[keyof PluginRegistry & string];

/**
 * A plugin's function by name: `"chat.page"` is the function `page` of the plugin `chat`. What stands after the last dot is
 * the function. Registered plugins complete in an editor, and `serve` takes only the functions that they have.
 */
export type FunctionReference = RegisteredReference | (`${string}.${string}` & {});

/** The name itself, or the {@link Mistake} in it, as what a {@link Place} calls. */
export type CheckedReference<Name, At extends Place> = Name extends string
  ? [MistakeIn<Name, At>] extends [never]
    ? Name
    : MistakeIn<Name, At>
  : never;

/** `never` for the name of a function that a plugin has and that fits the place, or that nothing is known of. */
type MistakeIn<Name extends string, At extends Place> =
  Record<never, never> extends Record<Name, unknown>
    ? // It is put together: any name fits, or many do.
      never
    : Split<Name> extends readonly [infer Named extends string, infer Fn extends string]
      ? Lowercase<Named> extends keyof Registered
        ? Fn extends Registered[Lowercase<Named>]
          ? FunctionMistake<Name, FunctionNamed<Lowercase<Named>, Fn>, At>
          : Mistake<`there is no function "${Fn}" in the plugin "${Named}"`>
        : never
      : Mistake<`"${Name}" names no function of a plugin: write "<plugin>.<function>"`>;

/** `never` unless the plugin has a function of the event's name that does not fit it. */
export type EventMistake<Plugin, Event extends string, At extends Place> = Plugin extends string
  ? Lowercase<Plugin> extends keyof Registered
    ? FunctionMistake<`${Plugin}.${Event}`, FunctionNamed<Lowercase<Plugin>, Event>, At>
    : never
  : never;

/** The name of a plugin itself, or the {@link Mistake} in it. Where no plugin is registered, nothing is known of any. */
export type CheckedPlugin<Name> = Name extends string
  ? string extends Name
    ? Name
    : [keyof Registered] extends [never]
      ? Name
      : Lowercase<Name> extends keyof Registered
        ? Name
        : Mistake<`there is no plugin "${Name}"`>
  : never;

/** The names of functions by the names of registered plugins, which are compared without case. */
type Registered = {
  [Name in keyof PluginRegistry & string as Lowercase<Name>]: NamesOf<PluginRegistry[Name]>;
};

type Definitions = { [Name in keyof PluginRegistry & string as Lowercase<Name>]: PluginRegistry[Name] };

/** The plugin's function; `unknown` where nothing is known of it, as of what a plugin's own `invokeFunc` calls. */
type FunctionNamed<Plugin extends keyof Definitions, Fn extends string> = 0 extends 1 & Definitions[Plugin]
  ? unknown
  : [InvokeOf<Definitions[Plugin]>] extends [never]
    ? FunctionsOf<Definitions[Plugin]>[Fn & keyof FunctionsOf<Definitions[Plugin]>]
    : unknown;

/** Of a plugin in JavaScript nothing is known: its definition is `any`. */
type NamesOf<Definition> = 0 extends 1 & Definition ? string : InvokeName<Definition>;

/** Plugin and function: what stands before and after the last dot. */
type Split<Name extends string, Before extends string = ""> = Name extends `${infer First}.${infer Rest}`
  ? Rest extends `${string}.${string}`
    ? Split<Rest, `${Before}${First}.`>
    : "" extends Rest | `${Before}${First}`
      ? undefined
      : readonly [plugin: `${Before}${First}`, fn: Rest]
  : undefined;

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
