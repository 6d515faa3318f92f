import { mkdir } from "node:fs/promises";
import { PluginManagerSwapper, type SwapperOptions } from "hotswap";
import {
  Fleet,
  type FleetMember,
  type FleetStore,
  joinFleet,
  type JoinOptions,
  publish,
  type Release,
} from "hotswap/fleet";
import { RecordingLogger } from "../support/logger.ts";
import { createProject, type Project } from "../support/project.ts";

/** The source of a plugin `web` that says its version, and does in `onInit` what `init` says. */
export function webPlugin(version: number, init = ""): string {
  return `
import { definePlugin } from "hotswap";
export default definePlugin({
  async onInit() { ${init} },
  functions: { version: () => ${version} },
});
`;
}

/** A host of a {@link FleetProject}. */
export interface TestMember {
  readonly swapper: PluginManagerSwapper;
  readonly member: FleetMember;
  readonly logger: RecordingLogger;
  /** The version of the plugin that it serves; `undefined` when it has none. */
  served(): unknown;
}

/** A project whose builds are published to a fleet, and hosts that are members of it. All ended when disposed. */
export class FleetProject implements AsyncDisposable {
  readonly project: Project;
  readonly fleet: Fleet;
  readonly store: () => FleetStore;
  readonly #disposables = new AsyncDisposableStack();

  constructor(project: Project, store: () => FleetStore) {
    this.project = project;
    this.store = store;
    this.fleet = new Fleet(this.#disposables.use(store()), "chat");
  }

  /** Builds `source` as the plugin `web` and publishes it. */
  async publish(source: string): Promise<Release> {
    await this.project.write({ "plugin/web/index.ts": source });
    await this.project.build("web");
    return publish(this.fleet, this.project.out);
  }

  /** Starts a host with an empty plugin folder, its own unless another `place` is named, and makes it a member. */
  async join(
    id: string,
    { trust, ...options }: Partial<JoinOptions> & Pick<SwapperOptions<undefined>, "trust"> = {},
    place = id,
    logger = new RecordingLogger(),
  ): Promise<TestMember> {
    const folder = this.project.path("hosts", place);
    await mkdir(folder, { recursive: true });
    const swapper = new PluginManagerSwapper(folder, {
      logger,
      freeDelay: 0,
      hookTimeout: 1500,
      root: this.project.root,
      trust,
    });
    this.#disposables.defer(() => swapper.close({ timeout: 0 }));
    const store = this.#disposables.use(this.store());
    const member = this.#disposables.use(
      await joinFleet(swapper, { store, fleet: "chat", id, heartbeat: 200, poll: 100, ...options }),
    );
    return { swapper, member, logger, served: () => swapper.current?.findPlugin("web")?.invokeFunc("version") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposables.disposeAsync();
    await this.project[Symbol.asyncDispose]();
  }
}

/** A fleet on a store; `make` gives a connection of its own to each that asks. */
export async function fleetProject(make: (project: Project) => () => FleetStore): Promise<FleetProject> {
  const project = await createProject();
  return new FleetProject(project, make(project));
}

/** Resolves when `condition` holds; rejects after a time that is long even on a busy machine. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`this did not happen within 20 s: ${what}`);
    await Bun.sleep(5);
  }
}
