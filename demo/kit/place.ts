import { join } from "node:path";

/** Where a demo's server and its `reload.ts` meet: files in the demo's `bin` folder, which Git ignores. */
export interface Place {
  readonly bin: string;
  /** The artifacts. */
  readonly plugins: string;
  /** The process id of the running server: `kill -USR2 $(cat demo/trine/bin/pid)` has it reload. */
  readonly pid: string;
  /** Where the running server answers. */
  readonly url: string;
  /** Whoever creates this file has the server reload, on Windows too; the server takes it away. */
  readonly signal: string;
}

/** `demo` is the demo's folder: `import.meta.dir` of its `run.ts`. */
export function placeOf(demo: string): Place {
  const bin = join(demo, "bin");
  return {
    bin,
    plugins: join(bin, "plugins"),
    pid: join(bin, "pid"),
    url: join(bin, "url"),
    signal: join(bin, "reload"),
  };
}
