import { AsyncLocalStorage } from "node:async_hooks";
import { HotswapError } from "../../errors.ts";
import { type Enter, versionOf } from "../types/known-type.ts";
import type { Migrations } from "../live-type.ts";
import type { KeyDeclaration } from "./data-bag.ts";

/** A declaration of a key, with its defaults filled in. */
export interface DeclaredKey {
  readonly version: number;
  /** The plugin that declared it; `undefined` for the host. */
  readonly owner: string | undefined;
  readonly options: KeyDeclaration<never>;
  /** Runs the functions of the options where they were declared, so that what they open belongs to the plugin. */
  readonly enter: Enter;
}

/**
 * What a set declares about keys. A plugin that a reload keeps does not run its `onInit` again, so what it declared in
 * the set before goes on being declared; so does what the host declared. What a plugin declared that is loaded anew
 * counts until its own `onInit` begins.
 */
export class Declarations {
  readonly #own = new Map<string, DeclaredKey>();
  readonly #plugins: Iterable<string> | undefined;
  #pluginNames: ReadonlySet<string> | undefined;
  readonly #initialised = new Set<string>();
  #before: Declarations | undefined;
  #owner: string | undefined;

  /** `plugins` are those of the set. `before` are the declarations of the set that is live. */
  constructor(plugins: Iterable<string> | undefined, before: Declarations | undefined) {
    this.#plugins = plugins;
    this.#before = before;
  }

  /** The plugin whose `onInit` is running. */
  get owner(): string | undefined {
    return this.#owner;
  }

  set owner(plugin: string | undefined) {
    this.#owner = plugin;
    if (plugin !== undefined) this.#initialised.add(plugin);
  }

  /** Whether a plugin that the set does not have declared what is known of a key. */
  isAbsent(owner: string | undefined): boolean {
    if (owner === undefined || this.#plugins === undefined) return false;
    this.#pluginNames ??= new Set(this.#plugins);
    return !this.#pluginNames.has(owner);
  }

  get isEmpty(): boolean {
    return this.#own.size === 0 && (this.#before === undefined || this.#before.isEmpty);
  }

  get(key: string): DeclaredKey | undefined {
    const own = this.#own.get(key);
    if (own || !this.#before) return own;
    const before = this.#before.get(key);
    return before && this.#isStillDeclared(before) ? before : undefined;
  }

  /** Throws `HOTSWAP_MIGRATION_FAILED` when the set declared the key otherwise. */
  add(key: string, options: KeyDeclaration<never>): DeclaredKey {
    const named = `the data-bag key ${JSON.stringify(key)}`;
    const enter = AsyncLocalStorage.snapshot();
    const declared = { version: versionOf(named, options), owner: this.#owner, options, enter };
    const earlier = this.#own.get(key);
    if (earlier) {
      checkAgreement(key, earlier, declared);
      return earlier;
    }
    this.#own.set(key, declared);
    return declared;
  }

  *keys(): Generator<string> {
    yield* this.#own.keys();
    for (const key of this.#before?.keys() ?? []) if (!this.#own.has(key) && this.get(key)) yield key;
  }

  /**
   * Every `onInit` has run: makes what goes on being declared its own, and lets go of the set before. Throws
   * `HOTSWAP_MIGRATION_FAILED` when a plugin that is kept declared a key otherwise than this set.
   */
  settle(): void {
    for (const [key, declared] of this.#own) {
      const kept = this.#before?.get(key);
      if (kept?.owner === undefined || kept.owner === declared.owner || !this.#isStillDeclared(kept)) continue;
      checkAgreement(key, kept, declared);
    }
    const kept = Array.from(this.keys(), (key) => [key, this.get(key)] as const);
    this.#before = undefined;
    for (const [key, declared] of kept) if (declared) this.#own.set(key, declared);
  }

  clear(): void {
    this.#own.clear();
    this.#before = undefined;
  }

  #isStillDeclared({ owner }: DeclaredKey): boolean {
    return owner === undefined || (!this.isAbsent(owner) && !this.#initialised.has(owner));
  }
}

/** Throws `HOTSWAP_MIGRATION_FAILED` naming both plugins when they declare a key differently. */
function checkAgreement(key: string, one: DeclaredKey, other: DeclaredKey): void {
  const difference = differenceOf(one.options, other.options);
  if (difference === undefined) return;
  const [first, second] = [one, other].map(({ owner }) => (owner === undefined ? "the host" : `"${owner}"`));
  throw new HotswapError(
    "HOTSWAP_MIGRATION_FAILED",
    `the data-bag key ${JSON.stringify(key)} is declared by ${first} and by ${second} with another ${difference}: a key has one declaration in a set`,
    { plugin: other.owner },
  );
}

function differenceOf(one: KeyDeclaration<never>, other: KeyDeclaration<never>): string | undefined {
  if ((one.version ?? 1) !== (other.version ?? 1)) return "version";
  if (textOf(one.migrations) !== textOf(other.migrations)) return "migrations";
  if (textOf(one.downgrades) !== textOf(other.downgrades)) return "downgrades";
  return String(one.merge) === String(other.merge) ? undefined : "merge";
}

/** Two plugins have their own copies of a step that they share, so its text is compared. */
function textOf(steps: Migrations = {}): string {
  return JSON.stringify(Object.entries(steps).map(([version, step]) => [version, String(step)]));
}
