import { bundlerFlagRefusal, bundlerFlagWidth } from "../../src/build/bundler-flags.ts";
import { patternsOf } from "../../src/dev/source/plugin-folders.ts";
import { DevSession, type DevSessionOptions } from "../../src/dev/session.ts";
import { defineCommand, UsageError } from "../frame/command.ts";
import { pluginFolders } from "../plugin-folders.ts";
import { describeStatus } from "../host/status.ts";
import { paintFor } from "../terminal/paint.ts";
import { Keys } from "./keys.ts";
import { untilAsked } from "./options.ts";
import { describeEvent, keyHelp } from "./report.ts";
import { shown } from "../terminal/output.ts";

export const devCommand = defineCommand({
  name: "dev",
  description:
    "Builds the plugins, starts the host, and reloads in the running host whatever changes in a plugin's folder.\nA build or reload that fails leaves what is live as it is. Keys: r reload (restart when one is needed), s status, b roll back, q quit.",
  usage: "[flags] --out <outputDir> <pluginDir...> -- <command>",
  flags: {
    out: { type: "string", valueHint: "DIR", description: "The folder that the host loads artifacts from" },
    include: {
      type: "string",
      valueHint: "RE",
      description: "Files to carry in addition to code, as in hotswap build",
    },
    exclude: { type: "string", valueHint: "RE", description: "Files to leave out of the included ones" },
    livePrefix: {
      type: "string",
      valueHint: "P",
      default: "live_",
      description: "How the names of live functions and types begin, in any case (default live_)",
    },
    restart: {
      type: "boolean",
      default: true,
      description: "Restart the host when its own files, its packages or .env change; --no-restart only says so",
    },
    write: { type: "boolean", description: "Write artifacts, too; the host does not need them" },
    buildFlags: { type: "string", valueHint: "FLAGS", description: "Flags for Bun's bundler, separated by blanks" },
  },
  takesRest: true,
  foreignFlag: (flag, words) => {
    const given = words[words.indexOf(flag) + 1] ?? "VALUE";
    const width = bundlerFlagWidth(flag);
    if (width === 0) return bundlerFlagRefusal(flag);
    return `${flag} is a flag of Bun's bundler: give it as --build-flags=${width === 1 ? flag : `'${flag} ${given}'`}`;
  },
  examples: [
    {
      purpose: "a host and its plugins, also those to come",
      line: "hotswap dev 'plugin/*' --out bin -- bun src/host.ts",
    },
    {
      purpose: "with a flag of the bundler",
      line: "hotswap dev 'plugin/*' --out bin --buildFlags '--define MARK=1' -- bun src/host.ts",
    },
  ],
  async run({ flags, operands, rest }) {
    const { out, include, exclude, livePrefix } = flags;
    if (operands.length === 0) throw new UsageError("give the plugins' folders");
    if (out === undefined || out === "") throw new UsageError("give the folder of artifacts with --out");
    if (rest.length === 0) {
      throw new UsageError(
        "give the command that starts the host after --; `hotswap build --watch` builds without a host",
      );
    }
    const buildFlags = flags.buildFlags?.split(/\s+/).filter((flag) => flag !== "");
    return develop({
      plugins: patternsOf(await pluginFolders(operands)),
      build: { outputDir: out, include, exclude, livePrefix, buildFlags },
      write: flags.write === true,
      restart: flags.restart !== false,
      command: rest,
      cwd: process.cwd(),
    });
  },
});

async function develop(options: Omit<DevSessionOptions, "onEvent">): Promise<number> {
  const paint = paintFor("stderr");
  // On stderr: stdout is the host's.
  const say = (text: string): void => void process.stderr.write(shown(`${paint.cyan("hotswap")} ${text}\n`, "stderr"));
  const { asked, end } = untilAsked();
  await using session = new DevSession({
    ...options,
    onEvent: (event) => {
      const text = describeEvent(event, paint);
      if (text !== undefined) say(text);
    },
  });
  const showStatus = async (): Promise<void> => {
    const status = await session.status();
    if (status !== undefined) process.stderr.write(shown(describeStatus(status, paint), "stderr"));
  };
  using keys = new Keys(
    {
      r: () => void session.reload(),
      s: () => void showStatus(),
      b: () => void session.rollback(),
      q: () => end(0),
      h: () => say(keyHelp(paint)),
      "?": () => say(keyHelp(paint)),
    },
    () => end(130),
  );
  keys.listen();
  start(session, options.command);
  return await asked;
}

function start(session: DevSession, [program = ""]: readonly string[]): void {
  try {
    session.start();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UsageError(`there is no program ${program}: give the command that starts the host after --`);
  }
}
