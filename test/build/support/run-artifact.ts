import { basename } from "node:path";
import { readArtifact } from "../../../src/artifact/read-artifact.ts";
import type { BuildResult } from "../../../src/build/index.ts";
import { evaluateModules } from "../../../src/load/evaluate.ts";
import { createGraph, type GraphContext } from "../../../src/load/graph.ts";
import { HostModules } from "../../../src/load/host-modules.ts";
import type { Project } from "../../support/project.ts";

/** An artifact's module, alive until it is disposed. */
export class RunningArtifact implements Disposable {
  readonly exports: Record<string, unknown>;
  readonly #graph: GraphContext;

  constructor(exports: Record<string, unknown>, graph: GraphContext) {
    this.exports = exports;
    this.#graph = graph;
  }

  /** Calls an exported function. */
  call(name: string, ...params: unknown[]): unknown {
    const fn = this.exports[name];
    if (typeof fn !== "function") throw new TypeError(`the artifact exports no function ${name}`);
    return fn(...params);
  }

  [Symbol.dispose](): void {
    this.#graph.dispose();
  }
}

/** For copies with names of their own: a path that was imported before may give the old code. */
let copies = 0;

/** Evaluates an artifact with the real bridge to the modules of the project's host. */
export async function runArtifact(project: Project, { file }: BuildResult): Promise<RunningArtifact> {
  const { manifest, asset, bytes } = await readArtifact(file);
  const paths = manifest.assets.map(({ path }) => path);
  const assets = { plugin: manifest.name, paths, read: (path: string) => asset(paths.indexOf(path)) };
  const bridge = await new HostModules(project.root).bridge(manifest, assets);
  const copy = project.path(`.running/${copies++}/${basename(file)}`);
  await Bun.write(copy, Bun.file(file));
  const graph = createGraph(bridge, (error) => {
    throw error;
  });
  const { rootModule } = await evaluateModules(graph, {
    manifest,
    bridge,
    copy,
    read: () => bytes,
    root: project.root,
  });
  return new RunningArtifact(rootModule, graph);
}

/** Imports a module of the project as its host does. */
export async function importInHost(project: Project, path: string): Promise<Record<string, unknown>> {
  return (await import(project.path(path))) as Record<string, unknown>;
}
