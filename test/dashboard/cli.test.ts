import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { hotswap } from "../cli/run-cli.ts";
import { createControlledHost, SocketPath } from "../control/controlled-host.ts";
import { Child } from "../support/child.ts";
import { journalPlugin } from "../support/host.ts";
import { createProject } from "../support/project.ts";
import { Viewer } from "./viewer.ts";

const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

/** `hotswap dashboard`, started; and where it says that its page is. */
async function start(...words: string[]): Promise<{ readonly child: Child; readonly url: string }> {
  const child = new Child([process.execPath, main, "dashboard", ...words], { cwd: process.cwd() });
  const [, url = ""] =
    /at (http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}) /.exec(await child.line(/dashboard is at/)) ?? [];
  return { child, url };
}

describe("hotswap dashboard", () => {
  test("shows the host, only reads, and ends when it is told to", async () => {
    await using controlled = await createControlledHost({ alpha: journalPlugin("alpha") });
    await controlled.host.swapper.loadPlugins();
    const { child, url } = await start("--host", controlled.socket);
    await using running = child;
    await using viewer = await Viewer.open(url);
    const feed = await viewer.until(({ host }) => host.state === "up");
    expect(feed).toMatchObject({
      settings: { allowReload: false, target: controlled.socket },
      status: { pid: process.pid },
    });
    running.kill("SIGINT");
    expect(await running.exit()).toBe(0);
    expect(running.stderr).toBe("");
  });

  test("--allow-reload lets the page reload; a host that is not there yet is announced, and shown when it comes", async () => {
    await using socket = await SocketPath.create();
    const { child, url } = await start("--host", socket.path, "--allow-reload");
    await using running = child;
    await running.errorLine(/warning: no host answers at .*host\.sock/);
    await using viewer = await Viewer.open(url);
    await viewer.until(({ host }) => host.state === "gone");
    await using controlled = await createControlledHost({ alpha: journalPlugin("alpha") }, { control: socket.path });
    await controlled.host.swapper.loadPlugins();
    await viewer.until(({ host }) => host.state === "up");
    await controlled.host.change("alpha", journalPlugin("alpha", [], 2));
    const { origin, searchParams } = new URL(url);
    expect((await fetch(new URL("api/reload", url), { method: "POST", headers: { origin } })).status).toBe(401);
    const headers = { origin, authorization: `Bearer ${searchParams.get("token")}` };
    expect((await fetch(new URL("api/reload", url), { method: "POST", headers })).status).toBe(200);
    await viewer.until(({ status }) => status?.reloadCounter === 1);
    running.kill("SIGTERM");
    expect(await running.exit()).toBe(0);
  });

  test("says what is wrong with its flags", async () => {
    await using project = await createProject();
    const refused = async (message: RegExp, ...words: string[]): Promise<void> => {
      const outcome = await hotswap(project, "dashboard", ...words);
      expect(outcome).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringMatching(message) });
    };
    await refused(/give the host's control socket with --host/);
    await refused(/--port takes a number up to 65535, not "many"/, "--host", "a.sock", "--port", "many");
    await refused(/not "70000"/, "--host", "a.sock", "--port", "70000");
    using other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    await refused(/port \d+ is taken: give another/, "--host", "a.sock", "--port", String(other.port));
  });
});
