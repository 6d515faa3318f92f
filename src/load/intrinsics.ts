import { HotswapError, type Phase } from "../errors.ts";

/*
 * Module graphs share what the language itself is made of. A plugin that overwrites a part of it overwrites it for the host, for
 * hotswap and for every other plugin. It is looked at before and after code of a plugin runs as part of a reload: what was
 * overwritten is put back before anything else goes on, so that neither the swap nor the freedom of the old set depends on it.
 *
 * What is used here was taken when this file was evaluated.
 */
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;

/** One property that all code shares. */
interface Shared {
  readonly name: string;
  readonly owner: Readonly<Record<PropertyKey, unknown>>;
  readonly key: PropertyKey;
  /** What is read there; of an accessor, its getter, which must not run. */
  value: unknown;
  descriptor: PropertyDescriptor;
}

/** Globals that may be overwritten as such. */
const globals = [
  ..."Array AggregateError ArrayBuffer BigInt Boolean Date Error FinalizationRegistry Function Iterator JSON Map Math Number".split(
    " ",
  ),
  ..."Object Promise Proxy RangeError Reflect RegExp Set String Symbol SyntaxError TypeError Uint8Array WeakMap WeakRef".split(
    " ",
  ),
  ..."WeakSet clearImmediate clearInterval clearTimeout queueMicrotask setImmediate setInterval setTimeout structuredClone".split(
    " ",
  ),
];

/** Read when they are first asked for, which takes some milliseconds. */
let values: Shared[] | undefined;
let accessors: Shared[] = [];

/** Takes the shared parts as they are now as the right ones: the host and its packages may change them. */
export function adoptIntrinsics(): void {
  if (values === undefined) {
    const all = readShared();
    values = all.filter(({ descriptor }) => descriptor.get === undefined);
    accessors = all.filter(({ descriptor }) => descriptor.get !== undefined);
    return;
  }
  const changes = overwritten();
  for (let index = 0; index < changes.length; index++) {
    const change = changes[index];
    if (change === undefined) continue;
    change.descriptor = getOwnPropertyDescriptor(change.owner, change.key) ?? change.descriptor;
    change.value = change.descriptor.get ?? change.descriptor.value;
  }
}

/** Puts back what was overwritten since {@link adoptIntrinsics}. Returns the name of the first that was; nothing when none was. */
export function restoreIntrinsics(): string | undefined {
  const changes = overwritten();
  for (let index = 0; index < changes.length; index++) {
    const change = changes[index];
    if (change !== undefined) defineProperty(change.owner, change.key, change.descriptor);
  }
  return changes[0]?.name;
}

/**
 * Puts back what the plugin overwrote, and throws `HOTSWAP_INTRINSIC_CHANGED` when there was something. `cause` is what its code
 * threw, most likely because of that.
 */
export function requireIntrinsics(
  plugin: string,
  phase: Phase | undefined,
  { changed = restoreIntrinsics(), cause }: { readonly changed?: string | undefined; readonly cause?: unknown } = {},
): void {
  if (changed === undefined) return;
  throw new HotswapError(
    "HOTSWAP_INTRINSIC_CHANGED",
    `"${plugin}" overwrote ${changed}, which all code of the process shares, and it was put back: leave it as it is, or have the host overwrite it before it loads plugins`,
    { plugin, phase, cause },
  );
}

const none: Shared[] = [];

/**
 * The parts that are not as they were adopted. Looking takes 0.01 ms. Nothing that could have been overwritten is
 * called here.
 */
function overwritten(): Shared[] {
  let changes = none;
  const all = values ?? none;
  for (let index = 0; index < all.length; index++) {
    const shared = all[index];
    if (shared !== undefined && shared.owner[shared.key] !== shared.value) changes = withOne(changes, shared);
  }
  for (let index = 0; index < accessors.length; index++) {
    const shared = accessors[index];
    if (shared === undefined) continue;
    if (getOwnPropertyDescriptor(shared.owner, shared.key)?.get !== shared.value) changes = withOne(changes, shared);
  }
  return changes;
}

/** Neither `push` nor an iterator is to be relied on. */
function withOne(changes: readonly Shared[], shared: Shared): Shared[] {
  const longer: Shared[] = [];
  for (let index = 0; index < changes.length; index++) {
    const change = changes[index];
    if (change !== undefined) longer[index] = change;
  }
  longer[changes.length] = shared;
  return longer;
}

function readShared(): Shared[] {
  const found: Shared[] = [];
  const add = (name: string, owner: object, key: PropertyKey): void => {
    const descriptor = getOwnPropertyDescriptor(owner, key);
    if (descriptor === undefined || descriptor.configurable !== true) return;
    const value: unknown = descriptor.get ?? descriptor.value;
    found.push({
      name: `${name}${typeof key === "symbol" ? `[${String(key.description)}]` : `.${String(key)}`}`,
      owner: owner as Record<PropertyKey, unknown>,
      key,
      value,
      descriptor,
    });
  };
  for (const key of globals) add("globalThis", globalThis, key);
  for (const [name, owner] of owners()) for (const key of ownKeys(owner)) add(name, owner, key);
  return found;
}

/** Whose properties hotswap's code, and most other code, relies on. */
function owners(): [name: string, owner: object][] {
  const withPrototype = {
    Array,
    Date,
    Error,
    Function,
    Map,
    Number,
    Object,
    Promise,
    RegExp,
    Set,
    String,
    Symbol,
    WeakMap,
    WeakRef,
  };
  const iterators = {
    Array: [].values(),
    Map: new Map().values(),
    Set: new Set().values(),
    String: ""[Symbol.iterator](),
  };
  return [
    ...Object.entries({ JSON, Math, Reflect }),
    ...Object.entries(withPrototype),
    ...Object.entries(withPrototype).map(([name, { prototype }]): [string, object] => [`${name}.prototype`, prototype]),
    ["WeakSet.prototype", WeakSet.prototype],
    ["Iterator.prototype", Iterator.prototype],
    ["TypedArray", getPrototypeOf(Uint8Array) ?? Uint8Array],
    ["TypedArray.prototype", getPrototypeOf(Uint8Array.prototype) ?? Uint8Array.prototype],
    ...Object.entries(iterators).map(([name, iterator]): [string, object] => [
      `${name}Iterator.prototype`,
      getPrototypeOf(iterator) ?? iterator,
    ]),
  ];
}
