import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "bun:test";
import { hotswap } from "../cli/run-cli.ts";
import { Inspector } from "../static/inspector.ts";
import { Child } from "../support/child.ts";
import { createProject, Project } from "../support/project.ts";

const checkout = join(import.meta.dir, "..", "..");

interface Configuration {
  readonly request: "launch" | "attach";
  readonly runtime?: string;
  readonly runtimeArgs?: readonly string[];
  readonly program?: string;
  readonly url?: string;
}

/** A new project with hotswap in it, and its launch configurations. */
async function createDemo(): Promise<Project & { readonly configurations: readonly Configuration[] }> {
  const outer = await createProject();
  await hotswap(outer, "new", "demo");
  const demo = new Project(outer.path("demo"));
  mkdirSync(demo.path("node_modules", ".bin"), { recursive: true });
  symlinkSync(checkout, demo.path("node_modules", "hotswap"), "dir");
  symlinkSync(join(checkout, "cli", "main.ts"), demo.path("node_modules", ".bin", "hotswap"));
  const text = (await Bun.file(demo.path(".vscode", "launch.json")).text()).replaceAll("${workspaceFolder}", demo.root);
  const { configurations } = Bun.JSONC.parse(text) as { configurations: Configuration[] };
  return Object.assign(demo, {
    configurations,
    [Symbol.asyncDispose]: () => outer[Symbol.asyncDispose](),
  });
}

const environment = { PORT: "0", PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` };

/** Stops in the plugin where it greets. */
async function stopsInThePlugin(demo: Project, inspector: Inspector, url: string): Promise<void> {
  const file = demo.path("plugin/hello/index.ts");
  const lines = (await Bun.file(file).text()).split("\n");
  const line = lines.findIndex((text) => text.includes("return `Hello")) + 1;
  await inspector.setBreakpointByUrl(file, line);
  const answer = fetch(new URL("?name=you", url));
  expect(inspector.placeOf(await inspector.paused())).toMatchObject({ file, line });
  await inspector.goOn();
  expect(await (await answer).text()).toContain("you");
}

test.skipIf(process.platform === "win32")(
  "17.3 the launch configuration that starts: the host is debugged, as Bun's extension starts it",
  async () => {
    await using demo = await createDemo();
    const launch = demo.configurations.find(({ request }) => request === "launch");
    const socket = demo.path("inspector");
    const notified = Promise.withResolvers<void>();
    // The extension is told on a socket that the process can be attached to.
    using signal = Bun.listen({ unix: demo.path("signal"), socket: { open: () => notified.resolve(), data() {} } });
    await using child = new Child([launch?.runtime ?? "", ...(launch?.runtimeArgs ?? []), launch?.program ?? ""], {
      cwd: demo.root,
      env: {
        ...environment,
        BUN_INSPECT: `ws+unix://${socket}?wait=1`,
        BUN_INSPECT_NOTIFY: `unix://${demo.path("signal")}`,
      },
    });
    await notified.promise;
    using inspector = await Inspector.attach(`ws+unix://${socket}`);
    await inspector.send("Inspector.initialized");
    const url = /http\S+/.exec(await child.line(/listening on/))?.[0] ?? "";
    await stopsInThePlugin(demo, inspector, url);
    child.kill("SIGTERM");
    await child.exit();
    signal.stop(true);
  },
);

test("17.3 the launch configuration that attaches: to what bun run debug starts", async () => {
  await using demo = await createDemo();
  const attach = demo.configurations.find(({ request }) => request === "attach");
  const { scripts } = (await Bun.file(demo.path("package.json")).json()) as { scripts: { debug: string } };
  const address = new URL(attach?.url ?? "");
  expect(scripts.debug).toContain(` -- bun --inspect=${address.host}${address.pathname} src/host.ts`);
  // Any free port: others may run the same test.
  const command = scripts.debug.replace(address.host, "127.0.0.1:0");
  await using child = new Child(["sh", "-c", `exec node_modules/.bin/${command}`], {
    cwd: demo.root,
    env: environment,
  });
  const [listens = ""] = /ws:\/\/\S+/.exec(await child.errorLine(/ws:\/\//)) ?? [];
  const url = /http\S+/.exec(await child.line(/listening on/))?.[0] ?? "";
  await child.errorLine(/ready: 1 plugin live/);
  using inspector = await Inspector.attach(listens);
  await stopsInThePlugin(demo, inspector, url);
  child.kill("SIGTERM");
  await child.exit();
});
