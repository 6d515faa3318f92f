import { describeError, HotswapError } from "../../errors.ts";
import { type Fleet, fleetFailed } from "../fleet.ts";
import type { Failure, Release } from "../protocol/records.ts";
import { releaseRecord } from "../protocol/release-record.ts";
import { Trust } from "../../trust/trust.ts";
import type { FilledJoinOptions } from "./options.ts";
import type { FleetSwapper, PreparedSet } from "./reloading.ts";
import { ReleaseFolder } from "./release-folder.ts";

/** A set that a round asked for, and how long it took to have it, in ms. */
export interface ReadySet {
  /** `undefined`: the host runs that release already. */
  readonly set: PreparedSet | undefined;
  readonly fetch: number;
  readonly prepare: number;
}

/**
 * The part of a member that touches its host: which release the host runs, and how it gets another. `null` stands for
 * what lies in its own folder.
 */
export class HostSide {
  readonly #swapper: FleetSwapper;
  readonly #fleet: Fleet;
  readonly #options: FilledJoinOptions;
  readonly #folder: ReleaseFolder;
  readonly #trust: Trust | undefined;
  #runs: number | null = null;
  #runsFolder: string | undefined;
  /** The record of the release that runs. */
  #release: Release | undefined;

  constructor(swapper: FleetSwapper, fleet: Fleet, options: FilledJoinOptions) {
    this.#swapper = swapper;
    this.#fleet = fleet;
    this.#options = options;
    this.#folder = new ReleaseFolder(swapper.pluginDir);
    this.#trust = swapper.trust === undefined ? undefined : new Trust(swapper.trust);
  }

  get runs(): number | null {
    return this.#runs;
  }

  /** Runs a release by an ordinary load or reload. */
  async run(number: number | null): Promise<void> {
    const isThere = number !== null || this.#swapper.pluginDir === this.#folder.own;
    if (number === this.#runs && isThere && this.#swapper.current !== undefined) return;
    const release = number === null ? undefined : await this.#find(number);
    await this.#load(release, await this.#folderOf(release));
  }

  /**
   * Runs what the host has, without the store: the release that was kept, or what lies in its own folder where there was none. Resolves
   * to whether there is something. What runs already goes on.
   */
  async runKept(): Promise<boolean> {
    if (this.#swapper.current !== undefined) return true;
    const { name, store } = this.#fleet;
    const release = this.#folder.kept(name);
    if (release !== undefined) this.#verify(release);
    else if (!this.#folder.hasOwn) return false;
    let folder = this.#folder.own;
    try {
      if (release !== undefined) folder = await this.#folder.fetch(store, name, release);
    } catch (error) {
      // Something of it was removed, and only the store has it.
      if (isStoreFailure(error)) return false;
      throw error;
    }
    await this.#load(release, folder);
    return true;
  }

  /** What runs is the fleet's: a later start may serve it while the store is away. */
  keep(): void {
    try {
      this.#folder.keep(this.#fleet.name, this.#release);
    } catch (error) {
      this.#swapper.logger.warn(`what to serve while the store is away could not be noted: ${describeError(error)}`);
    }
  }

  async prepare(number: number | null): Promise<ReadySet> {
    const start = performance.now();
    if (number === this.#runs) return { set: undefined, fetch: 0, prepare: 0 };
    const release = number === null ? undefined : await this.#find(number);
    const folder = await this.#folderOf(release);
    const fetched = performance.now();
    const prepared = await this.#swapper.prepareFrom(folder, this.#options.data);
    const set: PreparedSet = {
      abort: () => prepared.abort(),
      commit: async () => {
        await prepared.commit();
        this.#nowRuns(release, folder);
      },
    };
    return { set, fetch: fetched - start, prepare: performance.now() - fetched };
  }

  async #load(release: Release | undefined, folder: string): Promise<void> {
    const prepared = await this.#swapper.prepareFrom(folder, this.#options.data);
    await prepared.commit();
    this.#nowRuns(release, folder);
  }

  async #folderOf(release: Release | undefined): Promise<string> {
    if (release === undefined) return this.#folder.own;
    return this.#folder.fetch(this.#fleet.store, this.#fleet.name, release);
  }

  async #find(number: number): Promise<Release> {
    const release = await this.#fleet.release(number);
    const { name } = this.#fleet;
    if (release === undefined) throw fleetFailed(`the store has no release ${number} of the fleet ${name}`);
    // The signed record contains its number, so the record of another release is not accepted.
    if (release.number !== number) {
      const what = `release ${number} of the fleet ${name}`;
      throw fleetFailed(`${what} is damaged: the store gives release ${release.number} for it`);
    }
    this.#verify(release);
    return release;
  }

  #verify(release: Release): void {
    const { name } = this.#fleet;
    const what = `release ${release.number} of the fleet ${name}`;
    this.#trust?.verify(releaseRecord(name, release), release.signature, what);
  }

  #nowRuns(release: Release | undefined, folder: string): void {
    const before = this.#runsFolder;
    this.#runs = release?.number ?? null;
    this.#release = release;
    this.#runsFolder = folder;
    try {
      this.#folder.clean([folder, before]);
    } catch (error) {
      // The release is live: files that cannot be deleted do not make it fail.
      this.#swapper.logger.warn(`old releases could not be removed: ${describeError(error)}`);
    }
  }
}

/** What of an error a fleet is told. */
export function failureOf(member: string, error: unknown): Failure {
  const message = describeError(error);
  if (!(error instanceof HotswapError)) return { member, message };
  const { plugin, phase, code } = error;
  return {
    member,
    ...(plugin === undefined ? {} : { plugin }),
    ...(phase === undefined ? {} : { phase }),
    code,
    message,
  };
}

/** The store could not be asked, which says nothing of the release. */
export function isStoreFailure(error: unknown): boolean {
  return error instanceof HotswapError && error.code === "HOTSWAP_STORE_FAILED" && error.phase === undefined;
}
