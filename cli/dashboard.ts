import type { ControlClient } from "../src/control/client.ts";
import { serveDashboard } from "../src/dashboard/serve.ts";
import { describeError, HotswapError } from "../src/errors.ts";
import { askedToEnd } from "./frame/asked-to-end.ts";
import { defineCommand } from "./frame/command.ts";
import { connect, hostFlags } from "./host/connect.ts";
import { listen } from "./terminal/listen.ts";
import { paintFor } from "./terminal/paint.ts";
import { print, printError } from "./terminal/output.ts";

export const dashboardCommand = defineCommand({
  name: "dashboard",
  description:
    "Serves a page that shows a running host as it is: the dependency graph, generations over time, calls under way, reloads\nwith their timings and errors, the vault's keys. The host may start later, go away and come back.\nThe page is reachable from this machine alone, by whoever has the token in its address: a new one each time, or that of the\nenvironment variable HOTSWAP_DASHBOARD_TOKEN. It only reads, unless --allow-reload is given.",
  usage: "[--host SOCKET] [--port N] [--allow-reload]",
  flags: {
    host: hostFlags.host,
    port: { type: "string", valueHint: "N", description: "The page's port; any free one unless given" },
    allowReload: { type: "boolean", description: "Let the page reload and roll back, after it asked" },
  },
  examples: [
    { purpose: "look at a host", line: "hotswap dashboard --host /run/app.sock" },
    {
      purpose: "with buttons, at a fixed address",
      line: "hotswap dashboard --host /run/app.sock --port 4100 --allow-reload",
    },
  ],
  async run({ flags }) {
    const client = connect(flags);
    const { port, allowReload } = flags;
    await using server = listen(port, (options) =>
      serveDashboard(client.path, { ...options, allowReload: allowReload === true }),
    );
    await warnOfSilence(client);
    await print(`the dashboard is at ${server.url} (Ctrl-C ends it)\n`);
    await askedToEnd();
    return 0;
  },
});

/** A host that is not there yet is not a mistake, but a mistyped path looks the same. */
async function warnOfSilence(client: ControlClient): Promise<void> {
  try {
    await client.status();
  } catch (error) {
    if (!(error instanceof HotswapError)) throw error;
    const paint = paintFor("stderr");
    await printError(`${paint.yellow("warning:")} ${describeError(error)}; the page looks for it every second\n`);
  }
}
