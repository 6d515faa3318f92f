import { describeError, HotswapError, isHotswapError, type Phase, pluginFailure } from "../errors.ts";
import { Calls } from "../link/calls.ts";
import { linkGraph, type LinkedGraph, relinkGraph } from "../link/link.ts";
import { PluginManager } from "../link/manager.ts";
import { Members } from "../link/members.ts";
import { withDeadline } from "../deadline.ts";
import type { Generation } from "../generation/generation.ts";
import { runStep } from "../generation/reentrance.ts";
import type { FoundArtifact } from "../load/found-artifact.ts";
import { turnWhenDue } from "../turn.ts";
import type { BagStorage, BagTransaction } from "../vault/bag/storage.ts";
import { VaultHandle } from "../vault/handle.ts";
import { collectLiveThings } from "../link/live-things.ts";
import { SetVault } from "../vault/vault.ts";
import type { Changes } from "../plan/changes.ts";
import type { FilledOptions, ReloadCallback } from "./options.ts";
import type { ReportProgress } from "./reload-log.ts";
import type { OwnedSet } from "./retire.ts";

/** What the phases of a reload need. */
export interface PrepareContext<Extension> {
  readonly options: FilledOptions<Extension>;
  readonly storage: BagStorage;
  load(artifact: FoundArtifact): Promise<Generation>;
  readonly report: ReportProgress;
}

/** What one call of load or reload asks for. */
export interface ReloadRequest<Extension> {
  readonly changes: Changes;
  readonly data: unknown;
  /** The set that is live. */
  readonly old: OwnedSet<Extension> | undefined;
  readonly callback: ReloadCallback<Extension> | undefined;
}

/** A set that is ready to be swapped in. */
export interface PreparedSet<Extension> extends OwnedSet<Extension> {
  /** What this reload loaded, in the order in which it was loaded. */
  readonly fresh: readonly Generation[];
  readonly members: Members;
}

/** What happens to a prepared set. */
export interface Completion<Extension> {
  /** Resolves when the swap may happen; rejects when it must not. Without it, the swap follows at once. */
  hold?(set: PreparedSet<Extension>): Promise<void>;
  /** The swap. It is synchronous, and may refuse by throwing before it changes anything. */
  swap(set: PreparedSet<Extension>): void;
}

/**
 * Goes through all phases in the order of SPEC 3.1, up to and with the swap. What it throws carries plugin and phase;
 * before it throws, the new generations are freed in reverse order and the data bag is as it was (SPEC 3.7).
 */
export async function prepareAndSwap<Extension>(
  request: ReloadRequest<Extension>,
  context: PrepareContext<Extension>,
  { hold, swap }: Completion<Extension>,
): Promise<PreparedSet<Extension>> {
  const preparation = new Preparation(request, context);
  try {
    const set = await preparation.run();
    if (hold !== undefined) await hold(set);
    try {
      swap(set);
    } catch (error) {
      // Only the data bag refuses so late, because of what the live set wrote meanwhile.
      throw withPhase(error, "vault");
    }
    return set;
  } catch (error) {
    await preparation.abort();
    throw error;
  }
}

/** One attempt to make a new set; it holds what has to be undone when the attempt fails. */
class Preparation<Extension> {
  readonly #request: ReloadRequest<Extension>;
  readonly #context: PrepareContext<Extension>;
  /** Loaded by this attempt, in the order of loading, and later in dependency order. */
  #fresh: Generation[] = [];
  #members: Members | undefined;
  #bag: BagTransaction | undefined;
  #manager: PluginManager<Extension> | undefined;

  constructor(request: ReloadRequest<Extension>, context: PrepareContext<Extension>) {
    this.#request = request;
    this.#context = context;
  }

  async run(): Promise<PreparedSet<Extension>> {
    await this.#step("load", async () => {
      const { loads } = this.#request.changes;
      for (const artifact of loads) {
        this.#context.report("load", this.#fresh.length, loads.length);
        this.#fresh.push(await this.#context.load(artifact));
      }
    });
    await this.#step("reloadable", () => this.#forEach((generation) => generation.runReloadable()));
    await this.#step("export", () => this.#forEach((generation) => generation.runExport()));
    await this.#step("import", () => this.#forEach((generation) => generation.runImport()));
    const graph = await this.#step("link", () => this.#link());
    const calls = new Calls();
    const members = this.#join(graph, calls);
    await this.#step("onLoad", () => this.#inOrder("onLoad", (generation) => generation.runOnLoad(this.#request.data)));
    const { manager, bag } = await this.#step("vault", () => this.#makeManager(graph, members, calls));
    const seat = { vault: manager.vault };
    await this.#step("onInit", () =>
      this.#inOrder("onInit", (generation) => {
        bag.owner = generation.name;
        return generation.runOnInit(new VaultHandle(seat));
      }),
    );
    bag.owner = undefined;
    await this.#step("callback", () => this.#runCallbacks(manager));
    await this.#step("vault", () => bag.prepare());
    return { manager, graph, bag, fresh: this.#fresh, members };
  }

  /** Undoes everything; what goes wrong on the way is logged by the generations. */
  async abort(): Promise<void> {
    this.#manager?.retire();
    this.#members?.retire();
    // All at once: what they registered is in nobody's way from here on.
    for (const generation of this.#fresh) generation.leave(undefined);
    for (const generation of this.#fresh.toReversed()) {
      await generation.free();
      await turnWhenDue();
    }
    this.#manager?.vault.retire();
    this.#bag?.abort();
  }

  async #link(): Promise<LinkedGraph<Generation>> {
    const graph = await this.#graph();
    const position = ({ name }: Generation): number => graph.shape.positions.get(name.toLowerCase()) ?? 0;
    this.#fresh.sort((one, other) => position(one) - position(other));
    for (const generation of this.#fresh) {
      for (const { slot, target } of graph.shape.edges[position(generation)] ?? []) {
        if (target === undefined) generation.linkAbsent(slot);
        else generation.link(slot, graph.order[target]?.facade);
      }
    }
    return graph;
  }

  /** Only what was loaded is looked at where nothing but code changed. */
  async #graph(): Promise<LinkedGraph<Generation>> {
    const { changes, old } = this.#request;
    const relinked = old !== undefined && changes.keepsNames ? relinkGraph(old.graph, this.#fresh) : undefined;
    return relinked ?? linkGraph([...this.#fresh, ...changes.kept.map(({ generation }) => generation)]);
  }

  async #forEach(hook: (generation: Generation) => void): Promise<void> {
    for (const generation of this.#fresh) {
      hook(generation);
      await turnWhenDue();
    }
  }

  async #inOrder(phase: Phase, hook: (generation: Generation) => Promise<void>): Promise<void> {
    for (const [index, generation] of this.#fresh.entries()) {
      this.#context.report(phase, index, this.#fresh.length);
      await hook(generation);
      await turnWhenDue();
    }
  }

  /** From here on the generations know which set they are to be part of. */
  #join(graph: LinkedGraph<Generation>, calls: Calls): Members {
    const notes = new Map(Array.from(this.#request.changes.notable, ([key, { note }]) => [key, note]));
    const members = new Members(graph, notes, calls);
    this.#members = members;
    for (const generation of this.#fresh) generation.join(members);
    return members;
  }

  async #makeManager(
    graph: LinkedGraph<Generation>,
    members: Members,
    calls: Calls,
  ): Promise<{ manager: PluginManager<Extension>; bag: BagTransaction }> {
    const { options, storage } = this.#context;
    const live = collectLiveThings(members);
    const extension = await this.#makeExtension();
    const bag = storage.begin(live.types, { plugins: graph.shape.names });
    this.#bag = bag;
    const manager = new PluginManager(members, new SetVault(live, extension, bag.bag), calls, options.logger);
    this.#manager = manager;
    return { manager, bag };
  }

  async #makeExtension(): Promise<Extension> {
    const { newExtension, hookTimeout: timeout } = this.#context.options;
    // Without a factory the extension is undefined, which is what the type parameter then says.
    if (newExtension === undefined) return undefined as Extension;
    const made = runStep("newExtension", () => Promise.try(newExtension)).catch((error: unknown) => {
      throw new HotswapError("HOTSWAP_CALLBACK_FAILED", `newExtension failed: ${describeError(error)}`, {
        phase: "vault",
        cause: error,
      });
    });
    return withDeadline(made, { plugin: undefined, phase: "vault", what: "newExtension", timeout });
  }

  async #runCallbacks(manager: PluginManager<Extension>): Promise<void> {
    const { reloadCallback, hookTimeout: timeout } = this.#context.options;
    const callbacks = [
      { callback: reloadCallback, what: "the swapper's reloadCallback" },
      { callback: this.#request.callback, what: "the callback of this call" },
    ];
    for (const { callback, what } of callbacks) {
      if (callback === undefined) continue;
      const done = runStep(what, () => Promise.try(callback, manager, this.#request.old?.manager)).catch(
        (error: unknown) => {
          throw new HotswapError("HOTSWAP_CALLBACK_FAILED", `${what} failed: ${describeError(error)}`, {
            phase: "callback",
            cause: error,
          });
        },
      );
      await withDeadline(done, { plugin: undefined, phase: "callback", what, timeout });
    }
  }

  async #step<Result>(phase: Phase, step: () => Result | Promise<Result>): Promise<Result> {
    this.#context.report(phase, 0, 0);
    try {
      await turnWhenDue();
      return await step();
    } catch (error) {
      throw withPhase(error, phase);
    }
  }
}

/** A refusal of the vault does not know in which step it happened, and code of a plugin may run outside of hooks. */
export function withPhase(error: unknown, phase: Phase): HotswapError {
  if (!isHotswapError(error)) return pluginFailure(error, `the step "${phase}"`, { phase });
  if (error.phase !== undefined) return error;
  return new HotswapError(error.code, error.message, { plugin: error.plugin, phase, cause: error.cause });
}

/** Adds this phase to what `step` throws. Errors of the host stay as they are. */
export async function inPhase<Result>(phase: Phase, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw isHotswapError(error) ? withPhase(error, phase) : error;
  }
}
