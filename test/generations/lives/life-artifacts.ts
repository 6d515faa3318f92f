import { mkdir } from "node:fs/promises";
import { createProject, type Project } from "../../support/project.ts";
import { lifeNames, lifeSource, type Lives, livesModule } from "./life-plugins.ts";

/** How many versions each plugin has. */
export const VERSIONS = 3;

/** Every version of every plugin, built once for all lives. */
export class LifeArtifacts implements AsyncDisposable {
  readonly project: Project;
  readonly lives: Lives;

  private constructor(project: Project, lives: Lives) {
    this.project = project;
    this.lives = lives;
  }

  static async create(): Promise<LifeArtifacts> {
    const project = await createProject({ "lives.ts": livesModule });
    for (let version = 1; version <= VERSIONS; version++) {
      for (const name of lifeNames) await project.write({ [`plugin/${name}/index.ts`]: lifeSource(name, version) });
      const outputDir = project.path(`version-${version}`);
      await mkdir(outputDir);
      await Promise.all(lifeNames.map((name) => project.build(name, { outputDir })));
    }
    return new LifeArtifacts(project, (await import(project.path("lives.ts"))) as Lives);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.project[Symbol.asyncDispose]();
  }
}
