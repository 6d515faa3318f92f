import { readFileSync } from "node:fs";
import { codeFrame, type Diagnostic, displayPath, fileDiagnostic, formatDiagnostic } from "../../build/diagnostic.ts";
import { describeError, HotswapError } from "../../errors.ts";

/** Called with what is wrong with a file, or right again. */
export interface SettingsListener {
  readonly onBroken: (what: string, error: HotswapError) => void;
  /** `what` is what it was said to be before. */
  readonly onMended: (what: string, now: string) => void;
}

/** Somebody may be writing a file that is broken: it is read again after so many ms. */
const PATIENCE = 100;

/**
 * Reports a broken `package.json` or `tsconfig.json`, because Bun ignores one in silence when it compiles a plugin's
 * modules.
 */
export class SettingsCheck {
  readonly #listener: SettingsListener;
  /** What was said to be wrong, by file. */
  readonly #broken = new Map<string, string>();

  constructor(listener: SettingsListener) {
    this.#listener = listener;
  }

  /** Looks at these files; those that are not there are right. */
  async look(files: readonly string[]): Promise<void> {
    for (const file of files) {
      let problem = await problemIn(file);
      if (problem !== undefined) {
        await Bun.sleep(PATIENCE);
        problem = await problemIn(file);
      }
      this.#tell(file, problem);
    }
  }

  #tell(file: string, problem: Diagnostic | undefined): void {
    const what = `${displayPath(file)} cannot be read`;
    const said = this.#broken.get(file);
    if (problem === undefined) {
      if (!this.#broken.delete(file)) return;
      this.#listener.onMended(what, `${displayPath(file)} can be read`);
      return;
    }
    const message = formatDiagnostic(problem);
    if (message === said) return;
    this.#broken.set(file, message);
    this.#listener.onBroken(what, new HotswapError("HOTSWAP_BUILD_FAILED", message));
  }
}

async function problemIn(file: string): Promise<Diagnostic | undefined> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // It is not there: nothing is set by it.
    return undefined;
  }
  try {
    Bun.JSONC.parse(text);
    return undefined;
  } catch (error) {
    return (await placed(file, text)) ?? fileDiagnostic(file, describeError(error));
  }
}

/** The parser says what is wrong, and only the bundler says where. */
async function placed(file: string, text: string): Promise<Diagnostic | undefined> {
  const entry = "/settings.jsonc";
  const { logs } = await Bun.build({ entrypoints: [entry], files: { [entry]: text }, throw: false });
  const [problem] = logs;
  if (problem?.position == null) return undefined;
  const { line, column, length } = problem.position;
  return { file, line, column, message: problem.message, frame: codeFrame(text, line, column, length) };
}
