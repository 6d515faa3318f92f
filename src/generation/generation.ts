import type { Phase } from "../errors.ts";
import { describeError, pluginFailure } from "../errors.ts";
import type { LoadedCode } from "../load/loaded-code.ts";
import type { Logger } from "../logger.ts";
import type { SlotRequest } from "../plugin/dependency.ts";
import { readAs } from "../plugin/registry.ts";
import { type HandedOut, Scope } from "../plugin/scope.ts";
import { withDeadline } from "../deadline.ts";
import { Entrance, type EntranceTarget, freedCall, type TrackCall } from "./entrance.ts";
import { createFacade } from "./facade.ts";
import type { GenerationRecord } from "./generation-record.ts";
import { type GenerationSet, type Handover, Standing } from "./handover.ts";
import { type AnyFunction, type Context, type Runner } from "../load/graph.ts";
import { runInHost } from "../run-in-host.ts";
import { runStep } from "./reentrance.ts";
import { runHook, runSyncHook } from "./run-hook.ts";
import { ImportedSlots } from "./imported-slots.ts";
import type { Seat, VaultHandle } from "../vault/handle.ts";
import type { LiveType } from "../vault/live-type.ts";
import { type VerifiedDefinition, verifyDefinition } from "./verify.ts";

export interface GenerationOptions {
  readonly logger: Logger;
  readonly record: GenerationRecord;
  /** In ms; see SPEC 3.12. */
  readonly hookTimeout: number;
  readonly asyncContext: boolean;
  readonly handover: Handover;
}

/** A plugin's code while it may be used. Everything that leads to it is here, so that freeing can drop it at once. */
interface Code {
  readonly context: Context;
  /** How functions are called: through the context, or, without `asyncContext`, cheaper and without the caller's stores. */
  readonly runner: Runner;
  readonly definition: VerifiedDefinition;
  readonly rootModule: Record<string, unknown>;
  readonly liveFuncs: ReadonlyMap<string, AnyFunction>;
  readonly liveTypes: ReadonlyMap<string, LiveType>;
  readonly functions: ReadonlyMap<string, AnyFunction>;
  readonly invokeFunc: AnyFunction | undefined;
}

type Shuttable = Pick<Entrance, "shut">;

const noSlots: ReadonlyMap<string, SlotRequest> = new Map();
const noNames: ReadonlySet<string> = new Set();

/**
 * One loaded instance of one artifact, with module state of its own. After {@link Generation.free} nothing of the
 * plugin's code can be reached from here.
 */
export class Generation {
  readonly name: string;
  readonly file: string;
  readonly hash: string;
  readonly loadedAt = new Date();
  readonly record: GenerationRecord;
  /** Whether the plugin has any live functions or types. */
  readonly hasLiveThings: boolean;
  /** How it stands to the current set. */
  readonly standing: Standing;
  readonly scope: Scope;
  readonly #options: GenerationOptions;
  #release: (() => Promise<void>) | undefined;
  /** What of this generation other plugins have. */
  readonly #handedOut = new Set<Shuttable>();
  #code: Code | undefined;
  #vault: VaultHandle | undefined;
  #reloadable = true;
  #facade: unknown;
  #slots: ImportedSlots | undefined;
  #freeing = false;

  /** Throws `HOTSWAP_NOT_A_PLUGIN` and `HOTSWAP_INVALID_HOOK`; `code` is disposed of then. */
  constructor(code: LoadedCode, options: GenerationOptions) {
    this.name = code.name;
    this.file = code.file;
    this.hash = code.hash;
    this.record = options.record;
    this.#options = options;
    this.#release = () => code.release();
    this.standing = new Standing(code.name, options.handover);
    this.scope = new Scope({
      standing: this.standing,
      enter: (fn) => code.context.run(fn),
      report: (error) => code.report(error),
      handOut: (value, name) => this.#handOut(value, name),
    });
    readAs(this.standing, code.context.graph);
    const definition = verifyDefinition(code.name, code.rootModule);
    const liveFuncs = new Map(Object.entries(code.liveFuncs) as [string, AnyFunction][]);
    const liveTypes = new Map(Object.entries(code.liveTypes) as [string, LiveType][]);
    this.hasLiveThings = liveFuncs.size > 0 || liveTypes.size > 0;
    this.#code = {
      context: code.context,
      // The caller of the load may have AsyncLocalStorage stores, which the plugin would see ever after.
      runner: options.asyncContext ? code.context : runInHost(() => code.context.withoutStores()),
      definition,
      rootModule: code.rootModule,
      liveFuncs,
      liveTypes,
      functions: tableOf(definition),
      invokeFunc: definition.invokeFunc?.bind(definition),
    };
  }

  get number(): number {
    return this.record.number;
  }

  /** What `reloadable()` returned. */
  get isReloadable(): boolean {
    return this.#reloadable;
  }

  /**
   * Runs code of the plugin in the generation's context; in the caller's once it is freed, because objects outlive
   * their generation.
   */
  readonly within = <Result>(fn: () => Result): Result =>
    this.#code === undefined ? fn() : this.#code.context.run(fn);

  /** How the code of this generation is entered. Throws `HOTSWAP_FREED`. */
  get context(): Context {
    return this.#require("context").context;
  }

  get rootModule(): Record<string, unknown> {
    return this.#require("lookup").rootModule;
  }

  /** The plugin's table of functions, to be called through an {@link Entrance}. */
  get functions(): ReadonlyMap<string, AnyFunction> {
    return this.#require("invokeFunc").functions;
  }

  /** The plugin's own `invokeFunc`, to be called through an {@link Entrance}. */
  get invokeFunc(): AnyFunction | undefined {
    return this.#require("invokeFunc").invokeFunc;
  }

  /** Whether there is something to call by this name: in the table of functions, or the plugin's own `invokeFunc`. */
  answers(name: string): boolean {
    const { functions, invokeFunc } = this.#require("invokeFunc");
    return functions.has(name) || invokeFunc !== undefined;
  }

  get liveFuncs(): ReadonlyMap<string, AnyFunction> {
    return this.#require("liveFuncs").liveFuncs;
  }

  get liveTypes(): ReadonlyMap<string, LiveType> {
    return this.#require("liveTypes").liveTypes;
  }

  /** The slots that linking has to fill, by dependency name. */
  get slots(): ReadonlyMap<string, SlotRequest> {
    return this.#slots?.requests ?? noSlots;
  }

  /** The slots whose dependencies were absent when this generation was linked. */
  get emptySlots(): ReadonlySet<string> {
    return this.#slots?.empty ?? noNames;
  }

  /** What the plugin exports, as other plugins get it. */
  get facade(): unknown {
    return this.#facade;
  }

  runReloadable(): void {
    const answer = this.#callSync("reloadable");
    this.#reloadable = answer !== false;
  }

  runExport(): void {
    const exported = this.#callSync("export");
    this.#facade = this.#look("export", () =>
      createFacade(exported, "export", {
        wrap: (fn, name) => this.#enter(fn, name, this.#handedOut),
        hold: (value, name) => this.#hold(value, name, this.#handedOut),
      }),
    );
  }

  /** Throws `HOTSWAP_INVALID_IMPORT` when `import()` returns no object. */
  runImport(): void {
    if (this.#require("import").definition.import === undefined) return;
    const imported = this.#callSync("import");
    this.#look("import", () => {
      this.#slots = new ImportedSlots(this.name, imported);
    });
  }

  /** Leaves the slot of a dependency that is absent empty, for as long as this generation lives. */
  linkAbsent(dependency: string): void {
    this.#slots?.leaveEmpty(dependency);
  }

  /** Fills the slot for `dependency` with what it exports; with `undefined` when it exports nothing. */
  link(dependency: string, exported: unknown): void {
    this.#slots?.link(dependency, exported);
  }

  /** The generation will be part of `set`: from now on its code may read and register. */
  join(set: GenerationSet): void {
    this.standing.join(set);
  }

  /** The generation becomes part of the current set. What is switched with it is the scope's. */
  enter(): void {
    this.standing.enter();
    this.record.move("live");
  }

  /** The generation left the current set, which was `last`, or will never be part of it. */
  leave(last: GenerationSet | undefined): void {
    this.standing.leave(last);
    this.record.move("draining");
  }

  async runOnLoad(data: unknown): Promise<void> {
    await this.#callHook("onLoad", "onLoad", data, this.scope);
  }

  async runOnInit(vault: VaultHandle): Promise<void> {
    this.#vault = vault;
    await this.#callHook("onInit", "onInit", vault, this.scope);
  }

  /** The vault that the plugin holds is that of `seat` from now on. */
  moveVault(seat: Seat): void {
    this.#vault?.moveTo(seat);
  }

  /**
   * What an entrance for `fn` leads to; the maker of the entrance shuts it. `use` says what it is for. Throws
   * `HOTSWAP_FREED`.
   */
  target(fn: AnyFunction, use: string): EntranceTarget {
    const { context, runner } = this.#require(use);
    return { plugin: this.name, fn, runner, owner: context, stats: this.record.stats };
  }

  /** Shuts the entrance when the generation is freed, unless the function that this returns has done so before. */
  lend(entrance: Pick<Entrance, "shut">): () => void {
    this.#handedOut.add(entrance);
    return () => {
      this.#handedOut.delete(entrance);
      entrance.shut();
    };
  }

  /**
   * Calls `onFree`, undoes the scope, closes what the generation opened and lets go of its code. Never throws: what goes
   * wrong on the way is logged. The second call does nothing.
   */
  async free(): Promise<void> {
    const code = this.#code;
    if (code === undefined || this.#freeing) return;
    this.#freeing = true;
    // A swap has done so unless the reload failed.
    this.leave(undefined);
    this.scope.leave();
    try {
      await this.#callHook("onFree", undefined);
    } catch (error) {
      this.#report(error);
    }
    await this.#endScope();
    await this.#dropCode(code);
  }

  /** Lets go of the code without calling a hook: for a generation that was only evaluated to be looked at. */
  async discard(): Promise<void> {
    const code = this.#code;
    if (code === undefined || this.#freeing) return;
    this.#freeing = true;
    await this.#dropCode(code);
  }

  async #endScope(): Promise<void> {
    const timeout = this.#options.hookTimeout;
    const what = `what "${this.name}" deferred in its scope`;
    // What hangs here keeps a reload or close() waiting, as a hook does.
    await runStep(what, () =>
      this.scope.end({
        wait: (undone) => withDeadline(undone, { plugin: this.name, phase: undefined, what, timeout }),
        report: (error) => this.#report(error),
      }),
    );
  }

  async #dropCode(code: Code): Promise<void> {
    code.context.dispose();
    for (const reference of this.#handedOut) reference.shut();
    this.#handedOut.clear();
    this.standing.end();
    this.#slots?.cut();
    this.#slots = undefined;
    this.#code = undefined;
    this.#facade = undefined;
    this.#vault = undefined;
    this.record.move("freed");
    const release = this.#release;
    this.#release = undefined;
    try {
      await release?.();
    } catch (error) {
      this.#report(error);
    }
  }

  /** Looks at what a hook returned: a getter or a proxy of the plugin may throw. */
  #look<Result>(phase: "export" | "import", look: () => Result): Result {
    try {
      return look();
    } catch (error) {
      throw pluginFailure(error, `looking at what ${phase}() of "${this.name}" returned`, { plugin: this.name, phase });
    }
  }

  #callSync(name: "reloadable" | "export" | "import"): unknown {
    const { definition, context } = this.#require(name);
    const hook = definition[name];
    if (hook === undefined) return undefined;
    return runSyncHook({ plugin: this.name, phase: name, name, hook: hook.bind(definition), context });
  }

  async #callHook(name: "onLoad" | "onInit" | "onFree", phase: Phase | undefined, ...params: unknown[]): Promise<void> {
    const { definition, context } = this.#require(name);
    const hook = definition[name] as AnyFunction | undefined;
    if (hook === undefined) return;
    const call = { plugin: this.name, phase, name, hook: hook.bind(definition), context };
    await runHook(call, params, this.#options.hookTimeout);
  }

  /** The value as a registry hands it out: its functions count as calls of the set that the generation is part of then. */
  #handOut(value: unknown, name: string): HandedOut {
    const parts = new Set<Shuttable>();
    const { record, standing } = this;
    const track: TrackCall = (result, called, owner, start) =>
      standing.set?.track(result, { record, name: called, owner, start }) ?? result;
    const all: Shuttable = {
      shut(why) {
        for (const part of parts) part.shut(why);
        parts.clear();
      },
    };
    this.#handedOut.add(all);
    return {
      value: createFacade(value, name, {
        wrap: (fn, called) => this.#enter(fn, called, parts, track),
        hold: (held, called) => this.#hold(held, called, parts),
      }),
      takeBack: (why) => {
        if (this.#handedOut.delete(all)) all.shut(why);
      },
    };
  }

  #enter(fn: AnyFunction, name: string, parts: Set<Shuttable>, track?: TrackCall): AnyFunction {
    const entrance = new Entrance(this.target(fn, name), track);
    parts.add(entrance);
    return entrance.toFunction(name);
  }

  #hold<Value>(value: Value, name: string, parts: Set<Shuttable>): () => Value {
    let held: { readonly value: Value } | undefined = { value };
    let reason: string | undefined;
    parts.add({
      shut(why) {
        held = undefined;
        reason = why;
      },
    });
    return () => {
      if (held === undefined) throw freedCall(this.name, name, reason);
      return held.value;
    };
  }

  #require(use: string): Code {
    if (this.#code === undefined) throw freedCall(this.name, use);
    return this.#code;
  }

  #report(error: unknown): void {
    this.#options.logger.error(`freeing ${this.name}#${this.number}: ${describeError(error)}`, error);
  }
}

/** A plugin's functions by name, each with the table as `this`. */
function tableOf({ functions = {} }: VerifiedDefinition): Map<string, AnyFunction> {
  return new Map(Object.entries(functions).map(([name, fn]) => [name, fn.bind(functions)]));
}
