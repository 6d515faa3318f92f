import { utimesSync, writeFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { HostFiles } from "../../src/dev/host-files.ts";
import { createProject } from "../support/project.ts";

test.each([
  ["a module", "host.ts", "export const one = 1;\n", "export const one = 2;\n"],
  ["a large library of a package", "library.node", new Uint8Array(2 ** 21), new Uint8Array(2 ** 21).fill(1)],
])(
  "17.3 %s of the host that is written anew is told, and so is that it is as before",
  async (_, name, before, after) => {
    await using project = await createProject({ [name]: before });
    const file = project.path(name);
    utimesSync(file, 1, 1);
    let told = Promise.withResolvers<readonly string[]>();
    using files = new HostFiles({
      plugins: () => [],
      onChange: (changed) => told.resolve(changed),
      onError: (error) => told.reject(error),
    });
    files.addLoaded([file], Infinity);
    writeFileSync(file, after);
    expect(await told.promise).toEqual([file]);
    told = Promise.withResolvers();
    writeFileSync(file, before);
    utimesSync(file, 1, 1);
    expect(await told.promise).toEqual([]);
  },
);
