import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { Inspector, type Pause } from "../static/inspector.ts";
import { createProject, type Project } from "../support/project.ts";
import { OnTerminal } from "./terminal.ts";

const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

const host = `import { PluginManagerSwapper } from "hotswap";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const swapper = new PluginManagerSwapper("bin", { freeDelay: 0, logger: quiet });
process.on("SIGTERM", () => process.exit());
await swapper.loadPlugins();
const answer = (n: number): unknown => {
  const alpha = swapper.current?.findPlugin("alpha");
  return alpha?.invokeFunc("say", n);
};
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request) => new Response(String(answer(Number(new URL(request.url).searchParams.get("n"))))),
  error: (error) => new Response(error.stack, { status: 500 }),
});
console.log("host: at", server.port);
`;

const root = `import { definePlugin } from "hotswap";
import { double } from "./math.ts";

interface Word {
  readonly n: number;
}

export default definePlugin({
  functions: {
    say(n: number): string {
      const word: Word = { n: double(n) };
      if (word.n > 100) {
        throw new Error(
          "too much",
        );
      }
      return \`the word
is \${word.n}\`;
    },
  },
});
`;

const math = `/** Twice as much. */
export function double(n: number): number {
  const twice = n * 2;
  return twice;
}
`;

/** A host under development with a debugger attached. */
class Debugged implements AsyncDisposable {
  readonly inspector: Inspector;
  readonly #owned: AsyncDisposableStack;
  readonly #project: Project;
  readonly #terminal: OnTerminal;
  readonly #port: string;

  private constructor(
    owned: AsyncDisposableStack,
    project: Project,
    terminal: OnTerminal,
    inspector: Inspector,
    port: string,
  ) {
    this.#owned = owned;
    this.#project = project;
    this.#terminal = terminal;
    this.inspector = inspector;
    this.#port = port;
  }

  static async create(): Promise<Debugged> {
    await using owned = new AsyncDisposableStack();
    const project = owned.use(
      await createProject({ "src/host.ts": host, "plugin/alpha/index.ts": root, "plugin/alpha/math.ts": math }),
    );
    const command = [process.execPath, "--inspect=127.0.0.1:0/debug", "src/host.ts"];
    const words = ["dev", "plugin/alpha", "--out", "bin", "--", ...command];
    const terminal = owned.use(new OnTerminal([process.execPath, main, ...words], project.root));
    const [url] = await terminal.shows(/ws:\/\/127\.0\.0\.1:\d+\/debug/);
    const [, port = ""] = await terminal.shows(/host: at (\d+)/);
    await terminal.shows(/ready: 1 plugin live/);
    const inspector = owned.use(await Inspector.attach(url));
    return new Debugged(owned.move(), project, terminal, inspector, port);
  }

  path(file: string): string {
    return this.#project.path(file);
  }

  /** What the host answers. */
  async ask(n: number): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#port}/?n=${n}`)).text();
  }

  /** Saves a file, and waits until it is live. */
  async save(file: string, text: string): Promise<void> {
    writeFileSync(this.path(file), text);
    await this.#terminal.shows(/live after/);
  }

  /** Where the program stands, from the project's root. */
  placeOf(pause: Pause): string {
    const { file, line, functionName } = this.inspector.placeOf(pause);
    return `${functionName} ${file.replace(`${this.path("")}/`, "").replace(this.path(""), "")}:${line}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

describe("17.3 a debugger at a host under development", () => {
  test("stops at a breakpoint in a plugin's TypeScript, and after an edit that moves lines at the right one", async () => {
    await using debugged = await Debugged.create();
    const { inspector } = debugged;
    const file = debugged.path("plugin/alpha/math.ts");
    const first = await inspector.setBreakpointByUrl(file, 4);
    const before = debugged.ask(1);
    const stop = await inspector.paused();
    expect(debugged.placeOf(stop)).toBe("double plugin/alpha/math.ts:4");
    expect(await inspector.evaluate(stop, "twice + n")).toBe(3);
    await inspector.goOn();
    expect(await before).toBe("the word\nis 2");

    // An editor moves the breakpoint as lines are written, and says so when the file is saved.
    await inspector.send("Debugger.removeBreakpoint", { breakpointId: first });
    await inspector.setBreakpointByUrl(file, 8);
    await debugged.save("plugin/alpha/math.ts", `// One.\n// Two.\n\n\n${math.replace("n * 2", "n * 3")}`);
    const after = debugged.ask(1);
    const next = await inspector.paused();
    expect(debugged.placeOf(next)).toBe("double plugin/alpha/math.ts:8");
    expect(await inspector.evaluate(next, "twice")).toBe(3);
    await inspector.goOn();
    expect(await after).toBe("the word\nis 3");

    // It stays through reloads of other modules; a reload is made of lines that move, and nothing else.
    await debugged.save("plugin/alpha/index.ts", root.replace("the word", "a word"));
    const kept = debugged.ask(2);
    expect(debugged.placeOf(await inspector.paused())).toBe("double plugin/alpha/math.ts:8");
    await inspector.goOn();
    expect(await kept).toBe("a word\nis 6");
    await debugged.save("plugin/alpha/math.ts", `//\n\n\n\n\n${math.replace("n * 2", "n * 3")}`);
    const moved = debugged.ask(2);
    expect(debugged.placeOf(await inspector.paused())).toBe("double plugin/alpha/math.ts:8");
    await inspector.goOn();
    expect(await moved).toBe("a word\nis 6");
  });

  test("stops where a condition holds, and only there", async () => {
    await using debugged = await Debugged.create();
    const { inspector } = debugged;
    await inspector.setBreakpointByUrl(debugged.path("plugin/alpha/index.ts"), 12, "word.n === 14");
    expect(await debugged.ask(3)).toBe("the word\nis 6");
    const answer = debugged.ask(7);
    const stop = await inspector.paused();
    expect(debugged.placeOf(stop)).toBe("say plugin/alpha/index.ts:12");
    expect(await inspector.evaluate(stop, "n")).toBe(7);
    await inspector.goOn();
    expect(await answer).toBe("the word\nis 14");
  });

  test("stops at an exception where a plugin throws it, whose stack names the source's lines", async () => {
    await using debugged = await Debugged.create();
    const { inspector } = debugged;
    await inspector.send("Debugger.setPauseOnExceptions", { state: "all" });
    const answer = debugged.ask(99);
    const stop = await inspector.paused();
    expect([stop.reason, stop.data?.description]).toEqual(["exception", "Error: too much"]);
    expect(debugged.placeOf(stop)).toBe("say plugin/alpha/index.ts:13");
    await inspector.send("Debugger.setPauseOnExceptions", { state: "none" });
    await inspector.goOn();
    expect(await answer).toContain(`at say (${debugged.path("plugin/alpha/index.ts")}:13:`);
  });

  test("steps from the host into a plugin, and from there into its next module", async () => {
    await using debugged = await Debugged.create();
    const { inspector } = debugged;
    await inspector.setBreakpoint(debugged.path("src/host.ts"), 9);
    const answer = debugged.ask(1);
    const places = [debugged.placeOf(await inspector.paused())];
    while (places.at(-1) !== "double plugin/alpha/math.ts:3" && places.length < 100) {
      await inspector.goOn("stepInto");
      places.push(debugged.placeOf(await inspector.paused()));
    }
    const own = places.filter((place, index) => !place.includes("/src/") && place !== places[index - 1]);
    expect(own).toEqual(["answer src/host.ts:9", "say plugin/alpha/index.ts:11", "double plugin/alpha/math.ts:3"]);
    await inspector.goOn();
    expect(await answer).toBe("the word\nis 2");
  });
});
