import { assetReader } from "../artifact/decode.ts";
import { readArtifactNow } from "../artifact/read-artifact.ts";
import type { Bridge, Manifest } from "../artifact/manifest.ts";
import { placeSources } from "../artifact/place-sources.ts";
import { describeError, HotswapError } from "../errors.ts";
import type { AssetSource } from "./asset.ts";
import { nextTurn } from "../turn.ts";
import type { ArtifactCache } from "./copies/artifact-cache.ts";
import { withDeadline } from "../deadline.ts";
import type { LoadedCode } from "./loaded-code.ts";
import { createGraph, type GraphContext } from "./graph.ts";
import { builtAssets } from "./built-plugin.ts";
import { type EvaluatedModules, evaluateModules } from "./evaluate.ts";
import { evaluateBuilt } from "./evaluate-built.ts";
import { adoptIntrinsics, requireIntrinsics, restoreIntrinsics } from "./intrinsics.ts";
import type { HostModules } from "./host-modules.ts";
import type { FoundArtifact } from "./found-artifact.ts";
import type { UncaughtErrors } from "./uncaught.ts";

export interface LoadOptions {
  readonly cache: ArtifactCache;
  readonly hostModules: HostModules;
  /** The project's root. */
  readonly root: string;
  readonly errors: UncaughtErrors;
  /** Gets objects that are in memory as long as any of the generation's code is: the bridge, before that code runs, and others. */
  watch(witness: object): void;
  /** In ms, for the evaluation of the plugin's modules. */
  readonly hookTimeout: number;
}

/**
 * Evaluates an artifact in a module graph of its own. Throws `HOTSWAP_INVALID_IMPORT` when the host lacks a module,
 * `HOTSWAP_HOOK_FAILED` when a module of the plugin throws, `HOTSWAP_HOOK_TIMEOUT` when one never finishes; whatever the
 * code had opened is closed then.
 */
export async function loadArtifact(artifact: FoundArtifact, options: LoadOptions): Promise<LoadedCode> {
  const { hash, manifest, built } = artifact;
  if (built !== undefined) {
    return loadCode(artifact, options, {
      assets: builtAssets(built),
      evaluate: (graph, bridge) => evaluateBuilt(graph, built, { bridge, root: options.root }),
      release: () => undefined,
    });
  }
  const copy = await options.cache.hold(hash, async () => placeSources(await artifact.bytes(), options.root));
  const read = (): Uint8Array => options.cache.read(hash) ?? lostBytes(artifact);
  return loadCode(artifact, options, {
    assets: artifactAssets(manifest, artifact.file, read),
    evaluate: (graph, bridge) => evaluateModules(graph, { manifest, bridge, copy, read, root: options.root }),
    release: () => options.cache.release(hash),
  });
}

/** Where the code of an artifact is. */
interface CodeSource {
  readonly assets: AssetSource;
  readonly evaluate: (graph: GraphContext, bridge: Bridge) => Promise<EvaluatedModules>;
  /** Called once, when nobody needs it any more. */
  readonly release: () => void;
}

async function loadCode(
  { name, file, hash, manifest }: FoundArtifact,
  options: LoadOptions,
  { assets, evaluate, release }: CodeSource,
): Promise<LoadedCode> {
  let graph: GraphContext | undefined;
  try {
    // Reading and copying cannot be interrupted, nor can evaluating; in between the host has its turn.
    await nextTurn();
    const bridge = await options.hostModules.bridge(manifest, assets);
    // Every function and class of the plugin refers to the scope that these are variables of.
    options.watch(bridge);
    graph = createGraph(bridge, options.errors.handle);
    options.watch(graph);
    adoptIntrinsics();
    const { rootModule, live } = await withDeadline(namingPlugin(name, evaluate(graph, bridge)), {
      plugin: name,
      phase: "load",
      what: `the evaluation of "${name}"`,
      timeout: options.hookTimeout,
    });
    await nextTurn();
    return {
      name,
      file,
      hash,
      context: graph,
      rootModule,
      liveFuncs: live.funcs,
      liveTypes: live.types,
      assets,
      report: (error) => options.errors.handle(error, "uncaughtException"),
      async release() {
        options.errors.close();
        release();
      },
    };
  } catch (error) {
    graph?.dispose();
    options.errors.close();
    release();
    throw error;
  }
}

async function namingPlugin(plugin: string, evaluated: Promise<EvaluatedModules>): Promise<EvaluatedModules> {
  // What evaluates synchronously is done, and no other code of hotswap has run since.
  const early = restoreIntrinsics();
  let modules: EvaluatedModules | undefined;
  let cause: unknown;
  try {
    modules = await evaluated;
  } catch (error) {
    cause = error;
  }
  requireIntrinsics(plugin, "load", { changed: early ?? restoreIntrinsics(), cause });
  if (modules !== undefined) return modules;
  throw new HotswapError("HOTSWAP_HOOK_FAILED", `a module of "${plugin}" failed to evaluate: ${describeError(cause)}`, {
    plugin,
    phase: "load",
    cause,
  });
}

/** Carried files are read from the artifact's copy when they are asked for. They are not kept in memory. */
function artifactAssets(manifest: Manifest, file: string, read: () => Uint8Array): AssetSource {
  const { name, assets } = manifest;
  const paths = assets.map(({ path }) => path);
  return {
    plugin: name,
    paths,
    read: (path) => assetReader(read(), manifest, file)(paths.indexOf(path)),
  };
}

/** The bytes of an artifact whose copy was taken away, from its own file. */
function lostBytes({ name, file, hash }: FoundArtifact): Uint8Array {
  const found = readArtifactNow(file);
  if (found?.hash === hash) return found.bytes;
  throw new HotswapError(
    "HOTSWAP_COPY_FAILED",
    `the private copy of "${name}" was removed from under the host, and ${file} holds another version or none: build this version again, or reload`,
    { plugin: name },
  );
}
