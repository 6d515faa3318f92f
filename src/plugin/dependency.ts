import { HotswapError } from "../errors.ts";

/** What a slot asks of its dependency; kept apart from the slot, which authors see as the export itself. */
export interface SlotRequest {
  readonly optional: boolean;
  /** Members that the export must have, each with the kind it must be of, or `undefined` when any will do. */
  readonly members: ReadonlyMap<string, MemberKind | undefined>;
}

/** What `typeof` says of a member. */
export type MemberKind = "function" | "string" | "number" | "boolean" | "bigint" | "symbol" | "object";

type KindOf<Member> = Member extends (...params: never[]) => unknown
  ? "function"
  : Member extends string
    ? "string"
    : Member extends number
      ? "number"
      : Member extends boolean
        ? "boolean"
        : Member extends bigint
          ? "bigint"
          : Member extends symbol
            ? "symbol"
            : "object";

/** Required members with their kinds; the kinds follow from the export's type. */
type RequiredKinds<Export> = { readonly [Name in keyof Export & string]?: KindOf<Export[Name]> };

type RequiredMembers<Export> = (keyof Export & string)[] | [RequiredKinds<Export>];

type SlotState =
  | { readonly kind: "unlinked" }
  | { readonly kind: "linked"; readonly value: unknown; readonly name: string }
  | { readonly kind: "freed"; readonly name: string };

interface Slot {
  readonly request: SlotRequest;
  state: SlotState;
}

/** Slots by the placeholder that stands for them until linking. */
const slots = new WeakMap<object, Slot>();

/**
 * A slot that linking fills with what the dependency exports. Its key in the object that `import()` returns is the
 * dependency's name. `members` are what the export must have, as names or as names with kinds; linking fails with
 * `HOTSWAP_NOT_ASSIGNABLE` when one is missing or of another kind.
 *
 * @example
 *     export const deps = {
 *       alpha: dependency<AlphaExport>("one"),
 *       audit: dependency.optional<AuditExport>({ record: "function" }),
 *     };
 */
export function dependency<Export>(...members: RequiredMembers<Export>): Export {
  return createSlot<Export>({ optional: false, members: requiredMembers(members) });
}

/** A slot that stays `undefined` when the set has no such plugin. */
dependency.optional = function optional<Export>(...members: RequiredMembers<Export>): Export | undefined {
  return createSlot<Export>({ optional: true, members: requiredMembers(members) });
};

/** What the slot behind `value` asks for, or `undefined` when `value` is not a slot. @internal */
export function slotRequest(value: unknown): SlotRequest | undefined {
  return isObject(value) ? slots.get(value)?.request : undefined;
}

/** Fills the slot: code that took the placeholder before linking is led to `value` from now on. @internal */
export function linkSlot(placeholder: object, name: string, value: unknown): void {
  const slot = slots.get(placeholder);
  if (slot !== undefined) slot.state = { kind: "linked", value, name };
}

/** A value that refuses every use with `HOTSWAP_FREED`: what stands in a slot when its plugin was freed. @internal */
export function freedSlot(placeholder: object, name: string): unknown {
  const slot = slots.get(placeholder);
  if (slot !== undefined) slot.state = { kind: "freed", name };
  return placeholder;
}

function requiredMembers(members: readonly (string | object)[]): Map<string, MemberKind | undefined> {
  const [first] = members;
  if (typeof first === "object") return new Map(Object.entries(first));
  return new Map(members.map((member) => [String(member), undefined]));
}

function createSlot<Export>(request: SlotRequest): Export {
  const slot: Slot = { request, state: { kind: "unlinked" } };
  // A function as target: only such a proxy can be called, and an export may be a function. An arrow function has no
  // `prototype`, which a proxy could not hide.
  const placeholder = new Proxy(() => {}, slotTraps(slot));
  slots.set(placeholder, slot);
  return placeholder as Export;
}

function slotTraps(slot: Slot): ProxyHandler<() => void> {
  const target = (): object => {
    const { state } = slot;
    switch (state.kind) {
      case "linked":
        if (isObject(state.value)) return state.value;
        throw new HotswapError(
          "HOTSWAP_NOT_LINKED",
          `"${state.name}" exports nothing that could be used here: ${state.value === undefined ? "it is absent or has no export()" : Bun.inspect(state.value)}`,
        );
      case "unlinked":
        throw new HotswapError(
          "HOTSWAP_NOT_LINKED",
          "a dependency slot was used before the plugins were linked: use it in onLoad, onInit or later, not while the module is evaluated",
        );
      case "freed":
        throw new HotswapError(
          "HOTSWAP_FREED",
          `the dependency "${state.name}" was used by code of a plugin that was already freed: stop the work in onFree or with the scope's signal`,
        );
      default:
        return state satisfies never;
    }
  };
  return {
    get: (_, key) => {
      const object = target();
      return Reflect.get(object, key, object);
    },
    set: (_, key, value) => Reflect.set(target(), key, value),
    has: (_, key) => Reflect.has(target(), key),
    ownKeys: () => Reflect.ownKeys(target()),
    getOwnPropertyDescriptor: (_, key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(target(), key);
      // A proxy must not report a property as fixed that its own target lacks.
      return descriptor && { ...descriptor, configurable: true };
    },
    getPrototypeOf: () => Reflect.getPrototypeOf(target()),
    apply: (_, thisArgument, params) => Reflect.apply(target() as () => unknown, thisArgument, params),
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
