import { basename, join, resolve } from "node:path";
import { bundlerFlagRefusal, bundlerFlagWidth } from "../src/build/bundler-flags.ts";
import { build } from "../src/build/build.ts";
import type { BuildOptions } from "../src/build/options.ts";
import type { BuildResult } from "../src/build/emit/publish-build.ts";
import { type Diagnostic, formatDiagnostic } from "../src/build/diagnostic.ts";
import type { StaticBuildResult } from "../src/build/emit/static/build-static.ts";
import { type CommonFlags, defineCommand, type Invocation, UsageError } from "./frame/command.ts";
import { commandLine, withoutBundlerFlags } from "./bundler-words.ts";
import { pluginFolders } from "./plugin-folders.ts";
import { reportError } from "./frame/run.ts";
import { print, printError } from "./terminal/output.ts";
import { paintFor } from "./terminal/paint.ts";
import { spinWhile } from "./terminal/spinner.ts";

const flags = {
  include: {
    type: "string",
    valueHint: "RE",
    description: "Files to carry in addition to code; a plugin reads them with asset()",
  },
  exclude: { type: "string", valueHint: "RE", description: "Files to leave out of the included ones" },
  bundle: {
    type: "boolean",
    default: true,
    description: "Bundle the generated code; --bundle=false (--no-bundle) writes it and stops (default true)",
  },
  leaveTemps: { type: "boolean", description: "Keep intermediate files, and say where" },
  livePrefix: {
    type: "string",
    valueHint: "P",
    default: "live_",
    description: "How the names of live functions and types begin, in any case (default live_)",
  },
  sign: {
    type: "string",
    valueHint: "KEY",
    description: "Sign with this private key: a PEM file, or env:VARIABLE",
  },
  expires: {
    type: "string",
    valueHint: "WHEN",
    description: "With --sign: the signature counts until then (90d, or a date); for ever unless given",
  },
  staticLinking: { type: "boolean", description: "Generate code that compiles the plugins into the host" },
  clean: { type: "boolean", description: "With --staticLinking: remove the code generated for the plugins" },
  watch: { type: "boolean", description: "Build again whatever changes, until Ctrl-C" },
  verbose: {
    type: "boolean",
    alias: "v",
    description: "Show live names, files, sizes, and the time of each step",
  },
} as const;

export const buildCommand = defineCommand({
  name: "build",
  description:
    "Builds each plugin folder into one artifact in the output folder, <plugin>.js, and prints its path.\nWhat stands after -- goes to Bun's bundler.",
  usage: "[flags] <pluginDir...> <outputDir> -- [buildFlags]",
  flags,
  takesRest: true,
  foreignFlag: (flag, words) => {
    if (bundlerFlagWidth(flag) === 0) return bundlerFlagRefusal(flag);
    const { own, bundlers } = withoutBundlerFlags(words);
    return `${flag} is a flag of Bun's bundler, and those stand after --: hotswap build ${commandLine([...own, "--", ...bundlers])}`;
  },
  examples: [
    { purpose: "one plugin", line: "hotswap build plugin/alpha bin" },
    {
      purpose: "several at once, as small as possible",
      line: "hotswap build plugin/alpha plugin/beta bin -- --minify",
    },
    {
      purpose: "with the texts that it reads",
      line: String.raw`hotswap build --include '^texts/.*\.md$' plugin/alpha bin`,
    },
    { purpose: "a mark for this build", line: `hotswap build plugin/alpha bin -- --define MARK='"v2"'` },
    { purpose: "whenever the source changes", line: "hotswap build --watch plugin/* bin" },
    { purpose: "signed, for hosts that ask for it", line: "hotswap build --sign hotswap.pem plugin/alpha bin" },
    { purpose: "code that compiles it into the host", line: "hotswap build --staticLinking plugin/alpha plugin" },
    { purpose: "and away with it", line: "hotswap build --staticLinking --clean plugin/alpha plugin" },
  ],
  async run(invocation) {
    const given = invocation.operands.slice(0, -1);
    const outputDir = invocation.operands.at(-1);
    if (outputDir === undefined || given.length === 0) {
      throw new UsageError("give the plugin's folder and the output folder");
    }
    const pluginDirs = await pluginFolders(given);
    requireDistinct(pluginDirs);
    if (invocation.flags.watch === true) return watchArtifacts(invocation, pluginDirs, outputDir);
    // Files are published in one synchronous step each, so nothing half-done can be left behind.
    process.once("SIGINT", () => process.exit(130));
    return invocation.flags.staticLinking === true
      ? linkStatically(invocation, pluginDirs, outputDir)
      : buildArtifacts(invocation, pluginDirs, outputDir);
  },
});

type BuildInvocation = Invocation<typeof flags & CommonFlags>;

async function buildArtifacts(
  { flags: given, rest }: BuildInvocation,
  pluginDirs: readonly string[],
  outputDir: string,
): Promise<number> {
  if (given.clean === true) throw new UsageError("--clean goes with --staticLinking: it removes what that generated");
  const { include, exclude, bundle, leaveTemps, livePrefix } = given;
  const sign = await signingOf(given);
  if (sign !== undefined && bundle === false) throw new UsageError("--sign has no effect with --bundle=false");
  const options = { outputDir, include, exclude, bundle, leaveTemps, livePrefix, sign, buildFlags: rest };
  const building = Promise.allSettled(pluginDirs.map((pluginDir) => build({ ...options, pluginDir })));
  const built = await succeeded(await spinWhile(`building ${pluginDirs.join(", ")}`, building), given.debug === true);
  for (const result of built) {
    await warn(result.warnings);
    if (given.verbose === true) await print(await described(result, outputDir));
    if (result.temps !== undefined) await print(`intermediate files are in ${result.temps}\n`);
  }
  for (const { file } of built) await print(`${asGiven(outputDir, file)}\n`);
  return built.length === pluginDirs.length ? 0 : 1;
}

async function watchArtifacts(
  { flags: given, rest }: BuildInvocation,
  pluginDirs: readonly string[],
  outputDir: string,
): Promise<number> {
  for (const flag of ["staticLinking", "clean", "leaveTemps"] as const) {
    if (given[flag] === true) throw new UsageError(`--${flag} does not go with --watch, which publishes artifacts`);
  }
  if (given.bundle === false)
    throw new UsageError("--bundle=false does not go with --watch, which publishes artifacts");
  const { include, exclude, livePrefix } = given;
  const options = { outputDir, include, exclude, livePrefix, sign: await signingOf(given), buildFlags: rest };
  const { watchBuild } = await import("./dev/watch-build.ts");
  return watchBuild({
    plugins: pluginDirs,
    build: options,
    show: async (result) => {
      await warn(result.warnings);
      await print(given.verbose === true ? await described(result, outputDir) : `${asGiven(outputDir, result.file)}\n`);
    },
    report: (error) => reportError(error, given.debug === true),
  });
}

async function linkStatically(
  { flags: given, rest }: BuildInvocation,
  pluginDirs: readonly string[],
  outputDir: string,
): Promise<number> {
  if (given.leaveTemps === true)
    throw new UsageError("--leaveTemps has no effect with --staticLinking: there are none");
  if (given.bundle === false)
    throw new UsageError("--bundle=false has no effect with --staticLinking: nothing is bundled");
  if ((given.sign ?? given.expires) !== undefined) {
    throw new UsageError("--sign has no effect with --staticLinking: what is linked in is part of the host");
  }
  if (rest.length > 0) {
    throw new UsageError("build flags have no effect with --staticLinking: whoever bundles the host gives them");
  }
  const { include, exclude, livePrefix, clean } = given;
  const { buildStatic } = await import("../src/build/emit/static/build-static.ts");
  const results: StaticBuildResult[] = [];
  let failed = false;
  // One after the other: each writes the module that collects all of them.
  for (const pluginDir of pluginDirs) {
    const [outcome] = await Promise.allSettled([
      buildStatic({ pluginDir, outputDir, include, exclude, livePrefix, clean }),
    ]);
    const done = await succeeded([outcome], given.debug === true);
    results.push(...done);
    failed ||= done.length === 0;
  }
  const paint = paintFor("stdout");
  for (const result of results) {
    await warn(result.warnings);
    if (given.verbose === true) {
      const { describeStaticBuild } = await import("./describe-build.ts");
      await print(describeStaticBuild(result, paint));
    }
    const file = asGiven(outputDir, result.file);
    if (clean !== true) await print(`${file}\n`);
    else await print(result.removed ? `removed ${file}\n` : `there is no ${file} to remove\n`);
  }
  const last = results.at(-1);
  if (last !== undefined && last.plugins.length > 0) await print(`${asGiven(outputDir, last.aggregate)}\n`);
  return failed ? 1 : 0;
}

async function signingOf({ sign, expires }: BuildInvocation["flags"]): Promise<BuildOptions["sign"]> {
  if (sign === undefined) {
    if (expires !== undefined)
      throw new UsageError("--expires goes with --sign: it says until when the signature counts");
    return undefined;
  }
  if (sign.includes("-----BEGIN")) {
    throw new UsageError(
      "--sign takes the file of a key, or env:VARIABLE: on a command line every process of the machine sees a key",
    );
  }
  if (expires === undefined) return { key: sign };
  const { momentOf } = await import("./trust/moment.ts");
  return { key: sign, expires: momentOf(expires) };
}

/** What `-v` prints about a build. Its code is loaded only then. */
async function described(result: BuildResult, outputDir: string): Promise<string> {
  const { describeBuild } = await import("./describe-build.ts");
  return describeBuild(result, asGiven(outputDir, result.file), paintFor("stdout"));
}

/** What went well; the rest is reported. */
async function succeeded<Result>(outcomes: readonly PromiseSettledResult<Result>[], debug: boolean): Promise<Result[]> {
  const results: Result[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") results.push(outcome.value);
    else await reportError(outcome.reason, debug);
  }
  return results;
}

async function warn(warnings: readonly Diagnostic[]): Promise<void> {
  const paint = paintFor("stderr");
  for (const warning of warnings) await printError(`${paint.yellow("warning:")} ${formatDiagnostic(warning)}\n`);
}

/** Two folders of one name would become one artifact. */
function requireDistinct(pluginDirs: readonly string[]): void {
  const byName = new Map<string, string>();
  for (const dir of pluginDirs) {
    const name = basename(resolve(dir)).toLowerCase();
    const other = byName.get(name);
    if (other !== undefined) throw new UsageError(`${other} and ${dir} are plugins of one name: build one of them`);
    byName.set(name, dir);
  }
}

/** The path of a file in the output folder, in the way in which the folder was written. */
function asGiven(outputDir: string, file: string): string {
  return join(outputDir, basename(file));
}
