import { copyFile } from "node:fs/promises";
import { describe, expect, test } from "bun:test";
import type { HotswapError, ReloadCallback, SwapperOptions } from "hotswap";
import { uncollected } from "../support/collect.ts";
import { createHost, type Host, hotswapError } from "../support/host.ts";
import { type Fault, faultyKey, faultyPlugin, faultySteps, steadyPlugin } from "./resources/faulty-plugin.ts";
import { type Kind, openers } from "./resources/opener.ts";
import { Witness, witnessModule } from "./resources/witness.ts";

/** A diamond of eight: everything stands on `a`, and `h` on everything. */
const graph: Readonly<Record<string, readonly string[]>> = {
  a: [],
  b: ["a"],
  c: ["a", "b"],
  d: ["a", "b"],
  e: ["c", "d"],
  f: ["e", "a"],
  g: ["f"],
  h: ["g", "b"],
};
const positions = [
  ["first", "a"],
  ["middle", "d"],
  ["last", "h"],
] as const;
const faults: readonly Fault[] = ["throws", "rejects", "hangs", "opens everything and throws"];

/** A host with the diamond live, and a new version of `a` at hand: with it, all eight are instantiated again. */
class MatrixHost implements AsyncDisposable {
  readonly host: Host<unknown>;
  readonly #witness: Witness;
  #version = 1;

  private constructor(host: Host<unknown>, witness: Witness) {
    this.host = host;
    this.#witness = witness;
  }

  static async create(options: SwapperOptions<unknown>): Promise<MatrixHost> {
    const witness = await Witness.create();
    const plugins = Object.entries(graph).map(([name, deps]) => faultyPlugin(name, deps, 1));
    const files = Object.assign({ "witness.ts": witnessModule }, steadyPlugin, ...plugins) as Record<string, string>;
    const host = await createHost<unknown>({}, options, files);
    await host.project.buildAll("steady", ...Object.keys(graph));
    for (const version of [2, 1]) {
      await host.project.write(faultyPlugin("a", [], version));
      await host.project.build("a");
      await copyFile(host.project.path("bin/a.js"), host.project.path(`a-${version}.js`));
    }
    await host.swapper.loadPlugins();
    return new MatrixHost(host, witness);
  }

  /**
   * Has a reload fail at `step`, shows that nothing came of it, and that the next one is as good as any. Answers the
   * error.
   */
  async fail(step: string, fault: Fault, callback?: ReloadCallback<unknown>): Promise<HotswapError> {
    const { swapper, wishes } = this.host;
    const manager = swapper.current;
    const bag = manager?.vault.dataBag.snapshot();
    const counter = swapper.reloadCounter;

    await this.#publish(3 - this.#version);
    wishes.set(step, fault);
    const error = await hotswapError(swapper.reload(undefined, callback));
    wishes.clear();

    expect(swapper.current === manager).toBe(true);
    expect(swapper.reloadCounter).toBe(counter);
    expect(manager?.vault.dataBag.snapshot()).toEqual(bag);
    this.expectVersions();

    await swapper.reload();
    this.#version = 3 - this.#version;
    this.expectVersions();
    expect(swapper.reloadCounter).toBe(counter + 1);
    return error;
  }

  /** Shows that no code is in memory but that of the current set. */
  async expectCollected(): Promise<void> {
    await this.host.swapper.drained();
    expect(await uncollected(this.host.swapper)).toEqual([]);
  }

  /** Shows that nothing is open that the failed plugin opened, and that all is open that the plugin that stays opened. */
  async expectClosed(plugin: string, step: string): Promise<void> {
    await Promise.all(
      (Object.keys(openers) as Kind[]).map(async (kind) => {
        const steady = faultyKey(kind, "steady", "onInit");
        await this.#witness.closed(kind, faultyKey(kind, plugin, step), steady);
        await this.#witness.open(kind, steady);
      }),
    );
    this.#witness.forget((key) => !key.endsWith("steady onInit"));
  }

  expectVersions(): void {
    const versions = ["b", "f", "h"].map((name) => this.host.swapper.current?.findPlugin(name)?.invokeFunc("versions"));
    expect(versions).toEqual([
      [1, this.#version],
      [1, 1, this.#version],
      [1, 1, 1],
    ]);
  }

  async #publish(version: number): Promise<void> {
    await copyFile(this.host.project.path(`a-${version}.js`), this.host.project.path("bin/a.js"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
    await this.#witness[Symbol.asyncDispose]();
  }
}

function isSynchronous(step: string): boolean {
  return step === "reloadable" || step === "export" || step === "import";
}

/** What the error of a fault says. */
function expectedError(step: string, fault: Fault): { readonly code: string; readonly phase: string } {
  const phase = step === "module" ? "load" : step;
  if (isSynchronous(step) && (fault === "rejects" || fault === "hangs")) return { code: "HOTSWAP_INVALID_HOOK", phase };
  return { code: fault === "hangs" ? "HOTSWAP_HOOK_TIMEOUT" : "HOTSWAP_HOOK_FAILED", phase };
}

describe("3.7 whatever fails, wherever: the old set answers, and nothing of the new one is left", () => {
  /** With this fault in this step, in the first, the middle and the last plugin. */
  async function failEverywhere(matrix: MatrixHost, step: string, fault: Fault): Promise<void> {
    for (const [position, plugin] of positions) {
      try {
        const error = await matrix.fail(`${plugin}.${step}`, fault);
        expect(error).toMatchObject({ plugin, ...expectedError(step, fault) });
        if (fault === "opens everything and throws") await matrix.expectClosed(plugin, step);
      } catch (error) {
        throw new Error(`${step} ${fault}, in the ${position} plugin`, { cause: error });
      }
    }
    await matrix.expectCollected();
  }

  test.each(faultySteps)(
    "%s throws, rejects, or opens everything and throws",
    async (step) => {
      await using matrix = await MatrixHost.create({});
      for (const fault of faults) if (fault !== "hangs") await failEverywhere(matrix, step, fault);
    },
    30_000,
  );

  test.each(faultySteps)(
    "%s hangs",
    async (step) => {
      // A step that must be synchronous is refused at once when it answers a promise.
      await using matrix = await MatrixHost.create(isSynchronous(step) ? {} : { hookTimeout: 250 });
      await failEverywhere(matrix, step, "hangs");
    },
    30_000,
  );

  test.each(["throws", "rejects", "hangs"] as const)(
    "the vault's initialisation, callback 1, callback 2: %s",
    async (fault) => {
      const act = (step: string): void | Promise<void> => {
        switch (matrix?.host.wishes.get(step)) {
          case "throws":
            throw new Error("fault");
          case "rejects":
            return Promise.reject(new Error("fault"));
          case "hangs":
            return new Promise(() => {});
          default:
            return undefined;
        }
      };
      let matrix: MatrixHost | undefined;
      await using created = await MatrixHost.create({
        hookTimeout: 250,
        newExtension: () => act("vault"),
        reloadCallback: () => act("callback 1"),
      });
      matrix = created;
      for (const step of ["vault", "callback 1", "callback 2"]) {
        expect(await matrix.fail(step, fault, () => act("callback 2"))).toMatchObject({
          code: fault === "hangs" ? "HOTSWAP_HOOK_TIMEOUT" : "HOTSWAP_CALLBACK_FAILED",
          phase: step.split(" ")[0],
        });
      }
      await matrix.expectCollected();
    },
    30_000,
  );
});
