// The load of `bun run soak --load`, in a process of its own: `bun client.ts <url> <sockets>`. Says "ready" when all sockets
// are open, asks until its stdin ends, and prints what it saw as JSON.

/** What the client saw. */
export interface ClientReport {
  readonly requests: number;
  readonly failed: number;
  readonly firstFailure: string;
  readonly frames: number;
  /** Sockets that closed before the end. */
  readonly dropped: number;
  /** Answers in which two plugins of one call did not belong to one set. */
  readonly mixed: number;
  /** Different marks that were seen. */
  readonly versions: number;
}

if (import.meta.main) await run(process.argv[2] ?? "", Number(process.argv[3]));

async function run(url: string, sockets: number): Promise<void> {
  const report = { requests: 0, failed: 0, firstFailure: "", frames: 0, dropped: 0, mixed: 0 };
  const marks = new Set<string>();
  const over = new AbortController();
  const check = (answer: string): void => {
    const seen = new Set(answer.split(/[ /]/).filter((word) => word.startsWith("mark")));
    for (const mark of seen) marks.add(mark);
    if (seen.size !== 1) report.mixed++;
  };

  const opened = Array.from({ length: sockets }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
    const socket = new WebSocket(url.replace("http", "ws") + "ws");
    socket.addEventListener("open", () => resolve(socket));
    socket.addEventListener("error", () => reject(new Error("a socket could not be opened")));
    socket.addEventListener("close", () => {
      if (!over.signal.aborted) report.dropped++;
    });
    socket.addEventListener("message", ({ data }) => {
      report.frames++;
      check(String(data));
      if (!over.signal.aborted) setTimeout(() => socket.send("frame"), 5);
    });
    return promise;
  });
  const open = await Promise.all(opened);
  for (const socket of open) socket.send("frame");

  const asking = Array.from({ length: 8 }, async () => {
    while (!over.signal.aborted) {
      report.requests++;
      try {
        const response = await fetch(url);
        const text = await response.text();
        if (!response.ok) throw new Error(`${response.status} ${text}`);
        check(text);
      } catch (error) {
        report.failed++;
        report.firstFailure ||= String(error);
      }
    }
  });

  process.stdout.write("ready\n");
  for await (const _ of Bun.stdin.stream()) void _;
  over.abort();
  await Promise.all(asking);
  for (const socket of open) socket.close();
  console.log(JSON.stringify({ ...report, versions: marks.size }));
  process.exit(0);
}
