import { withPrivateMode } from "../control/socket.ts";
import type { DevReport } from "./report.ts";

/** Takes the reports of one host, on a socket for the owner alone. */
export class ReportServer implements Disposable {
  readonly #server: Bun.Server<undefined>;

  constructor(path: string, onReport: (report: DevReport) => void) {
    this.#server = withPrivateMode(() =>
      Bun.serve({
        unix: path,
        development: false,
        fetch: async (request) => {
          onReport((await request.json()) as DevReport);
          return new Response();
        },
      }),
    );
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }
}
