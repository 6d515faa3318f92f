import { writeFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { ProjectWatch } from "../../src/dev/source/project-watch.ts";
import { createProject } from "../support/project.ts";

const settings = (side: string): string => JSON.stringify({ compilerOptions: { paths: { "@/*": [`./${side}/*`] } } });

test("17.2 settings that are edited while they are looked at are noticed", async () => {
  await using project = await createProject({ "plugin/alpha/index.ts": "", "tsconfig.json": settings("left") });
  let edits = 0;
  let edit = (): void => undefined;
  let idle = Promise.withResolvers<void>();
  const told = Promise.withResolvers<string>();
  using watch = new ProjectWatch({
    persistent: true,
    onChange: () => edits > 0 && told.resolve("noticed"),
    onIdle: () => idle.resolve(),
    onError: (what, cause) => told.reject(new Error(what, { cause })),
  });
  const plugin = {
    dir: project.path("plugin/alpha"),
    // It is asked for in the midst of a look.
    get root(): string {
      edit();
      return project.root;
    },
  };
  watch.follow([plugin]);
  if (watch.busy) await idle.promise;
  idle = Promise.withResolvers();
  edit = () => {
    edit = () => undefined;
    edits++;
    writeFileSync(project.path("tsconfig.json"), settings("right"));
  };
  watch.use(plugin.dir, [project.path("left/shared.ts")]);
  expect(await Promise.race([told.promise, idle.promise.then(() => "not noticed")])).toBe("noticed");
});
