import { basename, dirname, join } from "node:path";
import { expect, test } from "bun:test";
import { createProject, type Project } from "../support/project.ts";
import { checkout, documents } from "./documents.ts";

/** The TypeScript of all pages, one project, by the path that stands behind the opening fence. */
const files = collectSnippets();

function collectSnippets(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [document, text] of Object.entries(documents)) {
    for (const [, path = "", code = ""] of text.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)) {
      if (Object.hasOwn(found, path)) throw new Error(`${document}: another snippet is called ${path}`);
      found[path] = code;
    }
  }
  return found;
}

const tsconfig = {
  compilerOptions: {
    target: "esnext",
    module: "preserve",
    moduleResolution: "bundler",
    lib: ["esnext"],
    types: ["bun-types"],
    typeRoots: [join(checkout, "node_modules")],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
};

async function run(project: Project, ...command: string[]): Promise<string> {
  const child = Bun.spawn(command, {
    cwd: project.root,
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, PORT: "0" },
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${out}\n${err}`);
  return out;
}

function plugins(): string[] {
  return Object.keys(files)
    .filter((path) => /^plugin\/[^/]+\/index\.ts$/.test(path))
    .map((path) => basename(dirname(path)));
}

test("every snippet has a path, and compiles under strict options", async () => {
  for (const text of Object.values(documents)) expect(text).not.toMatch(/^```(ts|typescript|tsx)\s*$/m);
  await using project = await createProject({ ...files, "tsconfig.json": JSON.stringify(tsconfig) });
  expect(await run(project, join(checkout, "node_modules/.bin/tsc"), "-p", "tsconfig.json")).toBe("");
});

test("every snippet of a host runs, with the plugins of the pages", async () => {
  await using project = await createProject(files);
  await project.buildAll(...plugins());
  const hosts = Object.keys(files).filter((path) => path.startsWith("api/"));
  expect(hosts).not.toBeEmpty();
  for (const host of hosts) {
    const out = await run(project, process.execPath, host);
    // What a snippet says it prints is what it prints.
    const promised = Array.from(
      (files[host] ?? "").matchAll(/console\.log\(.*\); \/\/ (?:.*: )??([\w-]+: .*|\d+)$/gm),
      ([, line = ""]) => line,
    );
    for (const line of promised) expect(out).toContain(line);
  }
});

test("a host that goes on after its file has run keeps what it opened: a member that is let go of leaves its fleet", () => {
  const hosts = Object.entries(files).filter(([path]) => path.startsWith("fleet/"));
  expect(hosts).not.toBeEmpty();
  expect(hosts.filter(([, code]) => /^(await )?using /m.test(code)).map(([path]) => path)).toEqual([]);
});
