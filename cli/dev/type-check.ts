import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { type Diagnostic, formatDiagnostic } from "../../src/build/diagnostic.ts";
import { inFewLines, sourceFrame } from "../host/source-frame.ts";
import { count } from "../host/wording.ts";
import { paintFrames } from "../terminal/paint-frames.ts";
import type { Paint } from "../terminal/paint.ts";

/** In ms: types are checked so long after a save is live, because requests for the new code come first. */
const QUIET = 300;

/** The clock of files may be so much behind, in ms. */
const COARSE = 20;

/** `plugin/alpha/index.ts(3,5): error TS2322: …`; what follows indented belongs to it. */
const problemLine = /^(?:(.+)\((\d+),(\d+)\): )?error (TS\d+: .*)$/;

export interface TypeCheckOptions {
  readonly cwd: string;
  readonly paint: Paint;
  readonly say: (text: string) => void;
}

/**
 * Has the project's own TypeScript check its types when nothing else is to be done, and says what changed about them. Does
 * nothing in a project that has no `tsconfig.json`, or no TypeScript.
 */
export class TypeCheck implements Disposable {
  readonly #options: TypeCheckOptions;
  /** `null` where types cannot be checked. */
  #command: readonly string[] | null = null;
  #timer: Timer | undefined;
  #running: Bun.Subprocess<"ignore", "pipe", "ignore"> | undefined;
  /** What was said last; empty when there was nothing wrong. */
  #said = "";

  constructor(options: TypeCheckOptions) {
    this.#options = options;
  }

  /** Something is live that was not checked yet. A check that is under way is given up. */
  soon(): void {
    this.giveUp();
    // Packages come and go.
    this.#command = commandFor(this.#options.cwd);
    if (this.#command === null) return;
    this.#timer = setTimeout(() => void this.#check(), QUIET);
  }

  [Symbol.dispose](): void {
    this.giveUp();
  }

  /** Until there is news, nothing is checked. */
  giveUp(): void {
    clearTimeout(this.#timer);
    this.#running?.kill();
    this.#running = undefined;
  }

  async #check(): Promise<void> {
    const { cwd, paint, say } = this.#options;
    const startedAt = Date.now();
    const running = Bun.spawn([...(this.#command ?? [])], { cwd, stdio: ["ignore", "pipe", "ignore"] });
    this.#running = running;
    const output = await running.stdout.text();
    const exitCode = await running.exited;
    if (this.#running !== running) return;
    this.#running = undefined;
    const problems = problemsIn(output, cwd);
    const text = problems.length === 0 && exitCode !== 0 ? output.trim() : describe(problems, startedAt);
    // It could not be started, as while packages are installed anew.
    if (text === "" && exitCode !== 0) return;
    if (text === this.#said) return;
    this.#said = text;
    say(text === "" ? `${paint.green("types mended")}` : `${paint.yellow("types:")} ${paintFrames(text, paint)}`);
  }
}

/** How the project's types are checked, at low priority; `null` when that is not possible. */
function commandFor(cwd: string): readonly string[] | null {
  if (!existsSync(join(cwd, "tsconfig.json"))) return null;
  let manifest: string;
  try {
    manifest = Bun.resolveSync("typescript/package.json", cwd);
  } catch {
    // The project has none.
    return null;
  }
  const tsc = join(dirname(manifest), "bin", "tsc");
  if (!existsSync(tsc)) return null;
  const cache = join(dirname(dirname(manifest)), ".cache", "hotswap");
  mkdirSync(cache, { recursive: true });
  const known = join(cache, `${Bun.hash(cwd).toString(36)}.tsbuildinfo`);
  const flags = ["--noEmit", "--pretty", "false", "--incremental", "--tsBuildInfoFile", known];
  const nice = Bun.which("nice") === null ? [] : ["nice", "-n", "10"];
  return [...nice, process.execPath, tsc, ...flags];
}

function problemsIn(output: string, cwd: string): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (const line of output.split(/\r?\n/)) {
    const [found, path = "tsconfig.json", at = "0", column = "0", message = ""] = problemLine.exec(line) ?? [];
    const last = problems.at(-1);
    if (found !== undefined) {
      problems.push({ file: resolve(cwd, path), line: Number(at), column: Number(column), message, frame: "" });
    } else if (last !== undefined && line.startsWith(" ")) {
      problems[problems.length - 1] = { ...last, message: `${last.message}\n${line}` };
    }
  }
  // An error elsewhere, such as in a linked package, is most likely not in the file that was edited.
  const isElsewhere = ({ file }: Diagnostic): number => (file.startsWith(cwd + sep) ? 0 : 1);
  return problems.toSorted((one, other) => isElsewhere(one) - isElsewhere(other));
}

/**
 * With lines only of files that did not change since the check began: for others, it is unknown which text was checked.
 */
function describe(problems: readonly Diagnostic[], startedAt: number): string {
  if (problems.length === 0) return "";
  const blocks = problems.map((problem) => {
    const [, ...frame] = sourceFrame(problem.line === 0 ? undefined : problem)?.split("\n") ?? [];
    return formatDiagnostic({ ...problem, frame: isOlder(problem.file, startedAt) ? frame.join("\n") : "" });
  });
  return inFewLines([count(problems.length, "error"), ...blocks].join("\n\n"));
}

/** Asked after the file was read. */
function isOlder(file: string, time: number): boolean {
  const modified = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return modified !== undefined && modified < time - COARSE;
}
