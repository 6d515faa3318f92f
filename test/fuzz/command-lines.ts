import { join } from "node:path";
import { commands } from "../../cli/commands.ts";
import { commonFlags, UsageError } from "../../cli/frame/command.ts";
import { parseWords } from "../../cli/frame/parse-words.ts";
import { createProject } from "../support/project.ts";
import type { Random } from "./random.ts";
import { Broken, type Target } from "./target.ts";

const main = join(import.meta.dir, "../../cli/main.ts");

/** Of how many command lines one is run as a process, which takes longer than all the others. */
const RUN_ONE_OF = 500;

/** Those that end by themselves. */
const ending = [
  "build",
  "keygen",
  "verify",
  "types",
  "vault",
  "status",
  "plan",
  "explain",
  "generations",
  "reload",
  "rollback",
  "new",
];

/** Command lines: all are parsed as their command does, some are run. */
export async function commandLines(): Promise<Target> {
  const project = await createProject({
    "plugin/alpha/index.ts": `import { definePlugin } from "hotswap"; export default definePlugin({});`,
  });
  const loaded = await Promise.all(
    ending.map(async (name) => ({ name, flags: (await commands[name]?.load())?.flags ?? {} })),
  );
  let count = 0;
  return {
    async attempt(random) {
      const { name, flags } = random.pick(loaded);
      const words = Array.from({ length: random.below(7) }, () => word(random, Object.keys(flags)));
      if (++count % RUN_ONE_OF === 0) return run(project.root, [random.next() < 0.9 ? name : random.text(6), ...words]);
      try {
        await parseWords(words, { ...flags, ...commonFlags });
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
    },
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

function word(random: Random, flags: readonly string[]): string {
  const flag = flags.length === 0 ? "--x" : `--${random.pick(flags)}`;
  return random.pick([
    () => flag,
    () => `${flag}=${random.text(random.below(8))}`,
    () => `--no-${flag.slice(2)}`,
    () => `--${random.text(4)}`,
    () => random.text(random.below(12)),
    () => random.pick(["plugin/alpha", "bin", "--", "-", "", "-h", "-v", "__proto__", "../..", "/dev/null"]),
  ])();
}

async function run(cwd: string, words: readonly string[]): Promise<void> {
  // No process can be given a NUL, nor half a surrogate.
  const given = words.map((each) => each.replaceAll("\0", "").toWellFormed()).filter((each) => each !== "--watch");
  await using child = Bun.spawn([process.execPath, main, ...given], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const code = await child.exited;
  clearTimeout(timer);
  const said = `${JSON.stringify(given)} ended with ${code}:\n${stdout}${stderr}`;
  if (code !== 0 && code !== 1) throw new Broken(said);
  // A stack is shown for what nobody foresaw, and when somebody asks for it.
  if (!given.includes("--debug") && /^\s+at .*\.ts:\d+/m.test(stderr)) throw new Broken(said);
}
