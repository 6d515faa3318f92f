import { SourceMap } from "node:module";

interface Script {
  readonly scriptId: string;
  readonly url: string;
  readonly endLine: number;
  /** A data URL. */
  readonly sourceMapURL?: string;
}

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface CallFrame {
  readonly callFrameId: string;
  readonly functionName: string;
  readonly location: Location;
}

/** What a debugger shows when the program has stopped. */
export interface Pause {
  readonly reason: string;
  /** Of a breakpoint, its identity; of an exception, what was thrown. */
  readonly data?: { readonly breakpointId?: string; readonly description?: string };
  readonly callFrames: readonly CallFrame[];
}

interface Message {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: unknown;
  readonly method?: string;
  readonly params?: unknown;
}

/** A debugger that is attached to `bun --inspect`: as much of WebKit's inspector protocol as breakpoints need. */
export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #scripts = new Map<string, Script>();
  readonly #wanted = new Map<string, PromiseWithResolvers<Script>>();
  #pause = Promise.withResolvers<Pause>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(String(data)) as Message));
  }

  static async attach(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    const open = Promise.withResolvers<void>();
    socket.addEventListener("open", () => open.resolve());
    socket.addEventListener("error", () => open.reject(new Error(`cannot attach to ${url}`)));
    await open.promise;
    const inspector = new Inspector(socket);
    await inspector.send("Inspector.enable");
    await inspector.send("Debugger.enable");
    await inspector.send("Debugger.setBreakpointsActive", { active: true });
    return inspector;
  }

  send(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#answers.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer.promise;
  }

  /** The script that was made of this source file, as soon as it is evaluated. */
  script(file: string): Promise<Script> {
    const known = this.#scripts.get(file);
    if (known !== undefined) return Promise.resolve(known);
    const wanted = this.#wanted.get(file) ?? Promise.withResolvers<Script>();
    this.#wanted.set(file, wanted);
    return wanted.promise;
  }

  /** Sets a breakpoint in a source file, as an editor does: through the script's source map. `line` counts from 1. */
  async setBreakpoint(file: string, line: number): Promise<void> {
    const script = await this.script(file);
    for (let lineNumber = 0; lineNumber <= script.endLine; lineNumber++) {
      const columnNumber = columnOf(script, lineNumber, line);
      if (columnNumber === undefined) continue;
      await this.send("Debugger.setBreakpoint", { location: { scriptId: script.scriptId, lineNumber, columnNumber } });
      return;
    }
    throw new Error(`no code of ${script.url} comes from line ${line}`);
  }

  /**
   * Sets a breakpoint by the path of a source file, loaded or not; resolves to its identity. `line` counts from 1, and is what an
   * editor makes of it that finds no source map.
   */
  async setBreakpointByUrl(file: string, line: number, condition?: string): Promise<string> {
    const place = { url: file, lineNumber: line - 1, columnNumber: 0, options: { condition } };
    const { breakpointId } = (await this.send("Debugger.setBreakpointByUrl", place)) as { breakpointId: string };
    return breakpointId;
  }

  /** Resolves when the program stops, or to where it stands. */
  paused(): Promise<Pause> {
    return this.#pause.promise;
  }

  /** Lets the program go on: to the end of the step, or to the next stop. */
  async goOn(method: "resume" | "stepInto" | "stepNext" = "resume"): Promise<void> {
    this.#pause = Promise.withResolvers();
    await this.send(`Debugger.${method}`);
  }

  /** The value of an expression where the program stands. */
  async evaluate({ callFrames }: Pause, expression: string): Promise<unknown> {
    const callFrameId = callFrames[0]?.callFrameId;
    const answer = (await this.send("Debugger.evaluateOnCallFrame", { callFrameId, expression })) as {
      readonly result: { readonly value?: unknown };
    };
    return answer.result.value;
  }

  /** Where the innermost call of a pause stands in its source: file and line, from 1. */
  placeOf({ callFrames }: Pause): { readonly file: string; readonly line: number; readonly functionName: string } {
    const [frame] = callFrames;
    const script = Array.from(this.#scripts.values()).find(({ scriptId }) => scriptId === frame?.location.scriptId);
    if (frame === undefined || script === undefined) throw new Error("the program stopped in unknown code");
    const { lineNumber, columnNumber } = frame.location;
    const hasMap = script.sourceMapURL !== undefined && script.sourceMapURL !== "";
    const line = hasMap ? (originalLine(script, lineNumber, columnNumber) ?? 0) : lineNumber + 1;
    return { file: script.url, line, functionName: frame.functionName };
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #receive({ id, error, result, method, params }: Message): void {
    if (id !== undefined) {
      const answer = this.#answers.get(id);
      this.#answers.delete(id);
      if (error === undefined) answer?.resolve(result);
      else answer?.reject(new Error(error.message));
    } else if (method === "Debugger.scriptParsed") {
      const script = params as Script;
      this.#scripts.set(script.url, script);
      this.#wanted.get(script.url)?.resolve(script);
    } else if (method === "Debugger.paused") {
      this.#pause.resolve(params as Pause);
    }
  }
}

/** Columns that are looked at in a line of generated code. */
const WIDTH = 200;

function columnOf(script: Script, lineNumber: number, line: number): number | undefined {
  for (let column = 0; column < WIDTH; column++) {
    const entry = mapOf(script).findEntry(lineNumber, column);
    if ("originalLine" in entry && entry.generatedLine === lineNumber && entry.originalLine === line - 1) return column;
  }
  return undefined;
}

function originalLine(script: Script, lineNumber: number, columnNumber: number): number | undefined {
  const entry = mapOf(script).findEntry(lineNumber, columnNumber);
  return "originalLine" in entry ? entry.originalLine + 1 : undefined;
}

function mapOf({ sourceMapURL = "", url }: Script): SourceMap {
  const [, json] = /^data:.*?;base64,(.*)$/.exec(sourceMapURL) ?? [];
  if (json === undefined) throw new Error(`${url} has no source map`);
  return new SourceMap(JSON.parse(Buffer.from(json, "base64").toString("utf8")));
}
