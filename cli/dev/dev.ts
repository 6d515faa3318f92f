import { bundlerFlagRefusal, bundlerFlagWidth } from "../../src/build/bundler-flags.ts";
import { patternsOf } from "../../src/dev/source/plugin-folders.ts";
import { DevSession, type DevSessionOptions } from "../../src/dev/session.ts";
import { defineCommand, UsageError } from "../frame/command.ts";
import { pluginFolders } from "../plugin-folders.ts";
import { hasKeys } from "../terminal/output.ts";
import { untilAsked } from "./options.ts";
import type { DevView } from "./view.ts";

export const devCommand = defineCommand({
  name: "dev",
  description:
    "Builds the plugins, starts the host, and reloads in the running host whatever changes in a plugin's folder.\nA build or reload that fails leaves what is live as it is. On a terminal, h lists the keys.",
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
    types: {
      type: "boolean",
      default: true,
      description: "Check types in the background, with the project's own TypeScript (default true)",
    },
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
      givesInput: !hasKeys(),
      command: rest,
      cwd: process.cwd(),
      types: flags.types !== false,
    });
  },
});

/** In ms: when it is said that the host takes its time to end. */
const PATIENCE = 1000;

interface DevelopOptions extends Omit<DevSessionOptions, "onEvent"> {
  /** Whether types are checked. */
  readonly types: boolean;
}

async function develop({ types, ...options }: DevelopOptions): Promise<number> {
  const { asked, end } = untilAsked();
  await using resources = new AsyncDisposableStack();
  let view: Promise<DevView> | undefined;
  const session: DevSession = resources.use(
    new DevSession({ ...options, onEvent: (event) => void (view ??= open()).then((opened) => opened.show(event)) }),
  );
  const open = async (): Promise<DevView> => {
    const { DevView } = await import("./view.ts");
    const opened = new DevView(session, { cwd: options.cwd, types, end });
    if (!resources.disposed) resources.use(opened);
    return opened;
  };
  // Before the host starts: a Bun that ends leaves the terminal as it found it. Everything else that people see can wait.
  if (hasKeys()) (await (view = open())).listen();
  start(session, options.command);
  const exitCode = await asked;
  // Whoever asks again does not want to wait for the host. Ctrl-C is a signal now that keys are no longer read.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => session.hurry());
  setTimeout(() => void (view ??= open()).then((opened) => opened.showEnding()), PATIENCE).unref();
  return exitCode;
}

function start(session: DevSession, [program = ""]: readonly string[]): void {
  try {
    session.start();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UsageError(`there is no program ${program}: give the command that starts the host after --`);
  }
}
