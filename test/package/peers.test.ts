import { join } from "node:path";
import { expect, test } from "bun:test";
import { checkout } from "./consumer.ts";

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

async function manifestOf(name: string): Promise<Manifest | undefined> {
  const file = Bun.file(join(checkout, name === "" ? "" : join("node_modules", name), "package.json"));
  return (await file.exists()) ? ((await file.json()) as Manifest) : undefined;
}

test("npm refused to install a checkout: packages that it depends on wanted different versions of one peer", async () => {
  const own = await manifestOf("");
  const wrong: string[] = [];
  for (const name of Object.keys({ ...own?.dependencies, ...own?.devDependencies })) {
    for (const [peer, range] of Object.entries((await manifestOf(name))?.peerDependencies ?? {})) {
      const installed = await manifestOf(peer);
      if (installed === undefined || Bun.semver.satisfies(installed.version, range)) continue;
      wrong.push(`${name} wants ${peer} ${range}, and ${installed.version} is installed`);
    }
  }
  expect(wrong).toEqual([]);
});
