import { join } from "node:path";
import { expect, test } from "bun:test";
import { createProject } from "../support/project.ts";
import { checkout } from "../docs/documents.ts";

/** What a host without a logger of its own writes to stderr. */
async function logOf(host: string): Promise<string> {
  await using project = await createProject({
    "plugin/alpha/index.ts": `import { definePlugin } from "hotswap";
export default definePlugin({ functions: { boom() { throw new Error("no luck"); } } });
`,
    "host.ts": host,
  });
  await project.buildAll("alpha");
  await using child = Bun.spawn([process.execPath, "host.ts"], { cwd: project.root, stderr: "pipe" });
  return await child.stderr.text();
}

test("the log says once what failed, and where in the plugin, without hotswap's own frames", async () => {
  const log = await logOf(`import { PluginManagerSwapper } from "hotswap";
await using swapper = new PluginManagerSwapper("bin");
await swapper.loadPlugins();
swapper.current?.invokeEach("boom");
`);
  expect(log.match(/no luck/g)).toHaveLength(1);
  expect(log).toContain("plugin/alpha/index.ts:2");
  expect(log).not.toContain(join(checkout, "src"));
});

test("the log of what hotswap refused has no stack: the message says what to do", async () => {
  const log = await logOf(`import { HotswapError } from "hotswap";
import { defaultLogger } from ${JSON.stringify(join(checkout, "src", "logger.ts"))};
const refused = new HotswapError("HOTSWAP_INVALID_ARTIFACT", "it is cut short");
refused.stack = "HotswapError: it is cut short\\n    at scan (${join(checkout, "src", "load", "scan.ts")}:1:1)";
defaultLogger().error(\`not live: \${refused.message}\`, refused);
`);
  expect(log.match(/cut short/g)).toHaveLength(1);
  expect(log).not.toMatch(/^\s+at /m);
});

test("the log keeps the stack of what the message does not tell, and of a fault of hotswap itself", async () => {
  const log = await logOf(`import { defaultLogger } from ${JSON.stringify(join(checkout, "src", "logger.ts"))};
defaultLogger().error("it failed", new Error("something else"));
const fault = new Error("a fault");
fault.stack = "Error: a fault\\n    at own (${join(checkout, "src", "own.ts")}:1:1)";
defaultLogger().error("it failed: a fault", fault);
`);
  expect(log).toContain("something else");
  expect(log).toContain("host.ts:2");
  expect(log).toContain("src/own.ts:1:1");
});
