import { describe, expect, test } from "bun:test";
import { PluginManagerSwapper } from "hotswap";
import { existsSync, lstatSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ControlClient } from "../../src/control/client.ts";
import { DEV_VARIABLE, type DevEnvironment } from "../../src/reload/dev-environment.ts";
import { Child } from "../support/child.ts";
import { hotswapError } from "../support/host.ts";
import { RecordingLogger } from "../support/logger.ts";
import { createProject, type Project } from "../support/project.ts";
import { createControlledHost, SocketPath } from "./controlled-host.ts";

const holder = join(import.meta.dir, "socket-holder.ts");

function startHolder(project: Project, kind: "bare" | "asked" | "dev", path: string, env: Record<string, string> = {}) {
  return new Child([process.execPath, holder, kind, path, project.out], { cwd: project.root, env });
}

describe("the control socket", () => {
  test("there is none unless one is asked for", async () => {
    await using project = await createProject();
    await using socket = await SocketPath.create();
    await using child = startHolder(project, "dev", socket.path);
    await child.line(/loaded/);
    expect(existsSync(socket.path)).toBe(false);
  });

  test("it is for its owner alone, and goes away with the swapper", async () => {
    await using controlled = await createControlledHost({});
    const { host, socket } = controlled;
    expect(existsSync(socket)).toBe(false);
    await host.swapper.loadPlugins();
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await host.swapper.close();
    expect(existsSync(socket)).toBe(false);
  });

  test.each([
    ["sends nothing", ""],
    ["sends half a header", "GET /status HTTP/1.1\r\nHost: x"],
    ["keeps its connection for another question", "GET /status HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["reads none of the events", "GET /events HTTP/1.1\r\nHost: x\r\n\r\n"],
  ])("close() does not wait for a client that %s", async (_, text) => {
    await using controlled = await createControlledHost({});
    const { host, socket } = controlled;
    await host.swapper.loadPlugins();
    const cutOff = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const client = await Bun.connect({
      unix: socket,
      socket: { data: () => answered.resolve(), close: () => cutOff.resolve(), error() {} },
    });
    if (text !== "") client.write(text);
    if (text.endsWith("\r\n\r\n")) await answered.promise;
    const start = performance.now();
    await host.swapper.close({ timeout: 100 });
    expect(performance.now() - start).toBeLessThan(5000);
    await cutOff.promise;
    expect(existsSync(socket)).toBe(false);
  });

  test("it goes away with the process, too, and does not keep it running", async () => {
    await using project = await createProject();
    await using socket = await SocketPath.create();
    const code = `
      import { PluginManagerSwapper } from "hotswap";
      import { existsSync } from "node:fs";
      await new PluginManagerSwapper(${JSON.stringify(project.out)}, { control: ${JSON.stringify(socket.path)} }).loadPlugins();
      console.log(existsSync(${JSON.stringify(socket.path)}));`;
    await project.write({ "host.ts": code });
    await using child = new Child([process.execPath, "host.ts"], { cwd: project.root });
    expect(await child.exit()).toBe(0);
    expect(child.stdout).toContain("true");
    expect(existsSync(socket.path)).toBe(false);
  });

  test("one that a dead process left is replaced", async () => {
    await using project = await createProject();
    await using socket = await SocketPath.create();
    await using child = startHolder(project, "asked", socket.path);
    await child.line(/loaded/);
    child.kill("SIGKILL");
    await child.exit();
    expect(lstatSync(socket.path).isSocket()).toBe(true);
    await using swapper = new PluginManagerSwapper(project.out, {
      control: socket.path,
      logger: new RecordingLogger(),
    });
    await swapper.loadPlugins();
    expect((await new ControlClient(socket.path).status()).pid).toBe(process.pid);
  });

  test("one of a live process is not replaced: the load fails, and works when that process is gone", async () => {
    await using project = await createProject();
    await using socket = await SocketPath.create();
    await using child = startHolder(project, "bare", socket.path);
    await child.line(/listening/);
    await using swapper = new PluginManagerSwapper(project.out, {
      control: socket.path,
      logger: new RecordingLogger(),
    });
    const error = await hotswapError(swapper.loadPlugins());
    expect(error.code).toBe("HOTSWAP_CONTROL_FAILED");
    expect(error.message).toContain(`${socket.path}: another process listens there`);
    expect(swapper.current).toBeUndefined();
    child.kill("SIGKILL");
    await child.exit();
    await swapper.loadPlugins();
    expect((await new ControlClient(socket.path).status()).loaded).toBe(true);
  });

  test("something that is not a socket is left alone", async () => {
    await using project = await createProject();
    await using socket = await SocketPath.create();
    writeFileSync(socket.path, "precious");
    await using swapper = new PluginManagerSwapper(project.out, {
      control: socket.path,
      logger: new RecordingLogger(),
    });
    expect((await hotswapError(swapper.loadPlugins())).message).toContain("something that is not a socket is there");
    expect(await Bun.file(socket.path).text()).toBe("precious");
  });

  test("a named pipe of Windows is refused: Bun's servers know none", async () => {
    await using project = await createProject();
    await using swapper = new PluginManagerSwapper(project.out, { control: String.raw`\\.\pipe\app` });
    expect((await hotswapError(swapper.loadPlugins())).message).toContain("give the path of a file");
  });

  test("a path that is too long, or in no folder, is refused", async () => {
    await using project = await createProject();
    await using long = new PluginManagerSwapper(project.out, { control: project.path("x".repeat(120)) });
    expect((await hotswapError(long.loadPlugins())).message).toMatch(/a socket's path may be \d+ bytes long/);
    await using nowhere = new PluginManagerSwapper(project.out, { control: project.path("none/host.sock") });
    expect((await hotswapError(nowhere.loadPlugins())).message).toContain("none does not exist: make it");
  });
});

describe("what `hotswap dev` asks for", () => {
  const variable = (project: Project, given: Partial<DevEnvironment>): Record<string, string> => {
    const environment: DevEnvironment = {
      pid: process.pid,
      control: project.path("host.sock"),
      reports: project.path("dev.sock"),
      outputDir: project.out,
      builds: { plugins: [], build: { outputDir: project.out }, write: false },
      ...given,
    };
    return { [DEV_VARIABLE]: JSON.stringify(environment) };
  };

  test("the first swapper of the folder takes it, and no child process inherits it", async () => {
    await using project = await createProject();
    await using child = startHolder(project, "dev", "", variable(project, {}));
    await child.line(/loaded, variable taken/);
    // It is opened after the first load.
    while (!existsSync(project.path("host.sock"))) await Bun.sleep(5);
    expect((await new ControlClient(project.path("host.sock")).status()).pid).toBe(child.pid);
  });

  test("a swapper for another folder leaves it alone", async () => {
    await using project = await createProject();
    await using child = startHolder(project, "dev", "", variable(project, { outputDir: project.path("other") }));
    await child.line(/loaded, variable \{/);
    expect(existsSync(project.path("host.sock"))).toBe(false);
  });

  test("a variable of somebody else is none of ours", async () => {
    await using project = await createProject();
    for (const value of ["1", "yes", "null", "{}"]) {
      await using child = startHolder(project, "dev", "", { [DEV_VARIABLE]: value });
      expect(await child.line(/loaded, variable /)).toEndWith(value);
    }
  });

  test("a variable whose process is gone opens nothing", async () => {
    await using project = await createProject();
    await using gone = Bun.spawn([process.execPath, "--version"], { stdout: "ignore" });
    await gone.exited;
    await using child = startHolder(project, "dev", "", variable(project, { pid: gone.pid }));
    await child.line(/loaded, variable \{/);
    expect(existsSync(project.path("host.sock"))).toBe(false);
  });
});
