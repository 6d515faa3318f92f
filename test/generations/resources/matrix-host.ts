import { readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename } from "node:path";
import { expect } from "bun:test";
import type {
  DataBag,
  HotswapError,
  PluginManagerSwapper,
  PreparedReload,
  ReloadCallback,
  SwapperOptions,
} from "hotswap";
import { uncollected } from "../../support/collect.ts";
import { createHost, type Host, hotswapError, journal } from "../../support/host.ts";
import { createProject, type Files } from "../../support/project.ts";
import { type Fault, faultyKey, faultyPlugin, OPENS, steadyPlugin } from "./faulty-plugin.ts";
import { type Kind, openers } from "./opener.ts";
import { Witness, witnessModule } from "./witness.ts";

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
/** How a reload that is prepared ends. */
export interface Ending {
  readonly callback?: ReloadCallback<unknown>;
  /** What the live set writes while it is prepared. */
  readonly meanwhile?: (bag: DataBag | undefined) => void;
  /** Returns whether it was committed. */
  end(prepared: PreparedReload, swapper: PluginManagerSwapper<unknown>): Promise<boolean>;
}

/** The artifacts that every host loads, by path in its project, with both versions of `a`: built once for all of them. */
let artifacts: Promise<Files> | undefined;

async function buildAll(): Promise<Files> {
  const plugins = Object.entries(graph).map(([name, deps]) => faultyPlugin(name, deps, 1));
  await using project = await createProject(
    Object.assign({ "witness.ts": witnessModule, "journal.ts": journal }, steadyPlugin, ...plugins) as Files,
  );
  const built = await project.buildAll("steady", ...Object.keys(graph));
  const files = built.map(({ file }) => [`bin/${basename(file)}`, readFileSync(file)] as const);
  await project.write(faultyPlugin("a", [], 2));
  const { file } = await project.build("a");
  const all = Object.fromEntries(files) as Record<string, Uint8Array>;
  return { ...all, "a-1.js": all["bin/a.js"] ?? "", "a-2.js": readFileSync(file) };
}

/** A host with the diamond live, and a new version of `a` at hand: with it, all eight are instantiated again. */
export class MatrixHost implements AsyncDisposable {
  readonly host: Host<unknown>;
  readonly #witness: Witness;
  #version = 1;
  #seen = 0;

  private constructor(host: Host<unknown>, witness: Witness) {
    this.host = host;
    this.#witness = witness;
  }

  static async create(options: SwapperOptions<unknown>): Promise<MatrixHost> {
    const witness = await Witness.create();
    artifacts ??= buildAll();
    const host = await createHost<unknown>({}, options, { "witness.ts": witnessModule, ...(await artifacts) });
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

  /**
   * Prepares a reload in which `plugin` opens everything, has the live set work meanwhile, and ends it: shows that all of
   * it came of a commit, nothing of anything else, and that the next reload is as good as any.
   */
  async hold(plugin: string, { callback, meanwhile, end }: Ending): Promise<void> {
    const { swapper, wishes } = this.host;
    const { manager, counter } = { manager: swapper.current, counter: swapper.reloadCounter };
    const prepared = await this.prepareOpening(plugin, callback);
    wishes.clear();

    // The live set answers, and writes; what comes is seen by nobody, whatever becomes of the folder meanwhile.
    expect(swapper.current === manager).toBe(true);
    this.expectVersions();
    using lease = swapper.acquire();
    manager?.vault.dataBag.set("seen", ++this.#seen);
    meanwhile?.(manager?.vault.dataBag);
    await this.#publish(this.#version);
    const bag = manager?.vault.dataBag.snapshot();
    const records = swapper.reloads.length;
    const isCommitted = await end(prepared, swapper);

    expect(swapper.reloads.length).toBeGreaterThan(records);
    expect(swapper.reloads.some(({ ok }, index) => index >= records && ok === isCommitted)).toBe(true);
    expect(swapper.reloadCounter).toBe(counter + (isCommitted ? 1 : 0));
    if (isCommitted) this.#version = 3 - this.#version;
    else {
      expect(swapper.current === manager).toBe(true);
      expect(manager?.vault.dataBag.snapshot()).toEqual(bag);
      await this.expectClosed(plugin, "onInit");
    }
    expect(swapper.current?.vault.dataBag.get("seen")).toBe(this.#seen);
    this.expectVersions();
    lease.release();

    await this.#publish(3 - this.#version);
    await swapper.reload();
    this.#version = 3 - this.#version;
    this.expectVersions();
    if (isCommitted) await swapper.drained().then(() => this.expectClosed(plugin, "onInit"));
  }

  /** Prepares a reload in which `plugin` opens everything. */
  async prepareOpening(plugin: string, callback?: ReloadCallback<unknown>): Promise<PreparedReload> {
    await this.#publish(3 - this.#version);
    this.host.wishes.set(`${plugin}.onInit`, OPENS);
    return this.host.swapper.prepare(undefined, callback);
  }

  /** Shows that nothing is open any more. */
  async expectAllClosed(plugin: string, step: string): Promise<void> {
    const { host } = this;
    // Of each kind something has to be open elsewhere, to be compared with.
    await using other = await createHost<unknown>({}, {}, Object.assign({ "witness.ts": witnessModule }, steadyPlugin));
    await other.project.build("steady");
    this.#witness.forget((key) => key.endsWith("steady onInit"));
    await other.swapper.loadPlugins();
    await this.expectClosed(plugin, step);
    expect(host.swapper.current).toBeUndefined();
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
