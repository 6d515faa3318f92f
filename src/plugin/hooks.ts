/** What a member of a plugin definition must be. */
export type HookKind = "function" | "table";

/** Every member that a plugin definition may have (SPEC 2.1, 2.2), with what it must be. */
export const hooks = {
  reloadable: "function",
  export: "function",
  import: "function",
  onLoad: "function",
  onInit: "function",
  onFree: "function",
  invokeFunc: "function",
  functions: "table",
} as const satisfies Record<string, HookKind>;

export type HookName = keyof typeof hooks;

export function isHookName(name: string): name is HookName {
  return Object.hasOwn(hooks, name);
}
