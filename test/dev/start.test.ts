import { join } from "node:path";
import { expect, test } from "bun:test";
import { RecordingLogger } from "../support/logger.ts";
import { DevHost } from "../support/dev-host.ts";
import { createProject } from "../support/project.ts";
import type { Replacement } from "./replaced-folder.ts";

/** The files of a plugin that says `word`, and what its other module says. */
const files = (word: string): Record<string, string> => ({
  "other.ts": `export const other: string = "${word}";\n`,
  "index.ts": `import { definePlugin } from "hotswap";\nimport { other } from "./other";\nexport default definePlugin({ functions: { say: () => "${word} " + other } });\n`,
});

/** A host starts within so many ms. */
const START = 60;

test("17.2 folders that are renamed and made anew while a host starts are followed", async () => {
  let done = Promise.withResolvers<void>();
  await using child = Bun.spawn([process.execPath, join(import.meta.dir, "replaced-folder.ts")], {
    ipc: () => done.resolve(),
    stdio: ["ignore", "inherit", "inherit"],
  });
  for (let round = 0; round < 20; round++) {
    const plugins = ["beta", "gamma"].flatMap((name) =>
      Object.entries(files(name)).map(([file, text]) => [`plugin/${name}/${file}`, text] as const),
    );
    await using project = await createProject(Object.fromEntries(plugins));
    const replacement: Replacement = {
      from: project.path("plugin/gamma"),
      to: project.path("plugin/alpha"),
      renameAfter: (round * START) / 20,
      makeAfter: 1 + ((round * 7) % START),
      files: files("gamma.2"),
    };
    done = Promise.withResolvers();
    child.send(replacement);
    await using host = new DevHost(project, ["plugin/*"], { logger: new RecordingLogger() });
    await host.swapper.loadPlugins();
    await done.promise;
    const said = (): Record<string, unknown> =>
      Object.fromEntries(host.swapper.current?.plugins.map((plugin) => [plugin.name, plugin.invokeFunc("say")]) ?? []);
    const expected = { alpha: "gamma gamma", beta: "beta beta", gamma: "gamma.2 gamma.2" };
    while (!Bun.deepEquals(said(), expected)) await host.next("reloaded");
    expect(said()).toEqual(expected);
  }
  child.kill();
}, 60_000);
