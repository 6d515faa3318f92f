import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { Child } from "../support/child.ts";
import { createDemo, main } from "./demo.ts";

test("hotswap clean removes the artifacts whose plugins' folders are gone, and nothing else", async () => {
  await using project = await createDemo();
  await project.buildAll("alpha", "beta");
  await project.write({ "bin/gamma.js": "export {};\n" });
  await project.remove("plugin/beta");
  const clean = async (...words: string[]): Promise<string> => {
    await using child = new Child([process.execPath, main, "clean", ...words], { cwd: project.root });
    expect(await child.exit()).toBe(0);
    return child.stdout;
  };
  expect(await clean("--dry-run", "bin")).toBe("would remove bin/beta.js: plugin/beta is gone\n1 artifact\n");
  expect(readdirSync(project.out)).toContain("beta.js");
  expect(await clean("bin")).toBe("removed bin/beta.js: plugin/beta is gone\n1 artifact\n");
  expect(readdirSync(project.out).toSorted()).toEqual(["alpha.js", "gamma.js"]);
  expect(await clean("bin")).toBe("every artifact has its plugin's folder\n");
});
