/** A process under test, and what it prints. Killed when disposed of, if it still runs. */
export class Child implements AsyncDisposable {
  readonly #process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #stdout: LineReader;
  readonly #stderr: LineReader;

  constructor(command: readonly string[], options: { readonly cwd: string; readonly env?: Record<string, string> }) {
    this.#process = Bun.spawn([...command], {
      cwd: options.cwd,
      // NODE_ENV says "test" here, which keeps loggers quiet; the child is to be what a user starts.
      env: { ...process.env, NODE_ENV: undefined, NO_COLOR: "1", ...options.env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#stdout = new LineReader(this.#process.stdout);
    this.#stderr = new LineReader(this.#process.stderr);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Everything on stdout so far. */
  get stdout(): string {
    return this.#stdout.text;
  }

  get stderr(): string {
    return this.#stderr.text;
  }

  /** The next line on stdout that matches, after those that were asked for before. Rejects when the process ends first. */
  async line(pattern: RegExp): Promise<string> {
    return (await this.#stdout.next(pattern)) ?? this.#missing(pattern);
  }

  /** The same of stderr. */
  async errorLine(pattern: RegExp): Promise<string> {
    return (await this.#stderr.next(pattern)) ?? this.#missing(pattern);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** The exit code, when the process has ended and everything that it printed is read. */
  async exit(): Promise<number> {
    const [code] = await Promise.all([this.#process.exited, this.#stdout.over, this.#stderr.over]);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.exit();
  }

  async #missing(pattern: RegExp): Promise<never> {
    const code = await this.exit();
    throw new Error(`the process ended (${code}) without a line ${pattern}:\n${this.stdout}\n${this.stderr}`);
  }
}

/** Collects a stream and hands out its lines to those who wait for one. */
class LineReader {
  text = "";
  readonly over: Promise<void>;
  #position = 0;
  #ended = false;
  #more = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.over = this.#read(stream);
  }

  async next(pattern: RegExp): Promise<string | undefined> {
    for (;;) {
      const ended = this.#ended;
      for (let end = this.#lineEnd(ended); end >= 0; end = this.#lineEnd(ended)) {
        const line = this.text.slice(this.#position, end);
        this.#position = end + 1;
        if (pattern.test(line)) return line;
      }
      if (ended) return undefined;
      await this.#more.promise;
    }
  }

  /** Where the next line ends; -1 when it is not there yet. The last line may lack its end. */
  #lineEnd(isLast: boolean): number {
    const end = this.text.indexOf("\n", this.#position);
    return end < 0 && isLast && this.#position < this.text.length ? this.text.length : end;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#add(decoder.decode(chunk, { stream: true }));
    this.#ended = true;
    this.#add("");
  }

  #add(text: string): void {
    this.text += text;
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }
}
