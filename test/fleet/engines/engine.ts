import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A database server of a test's own, in a folder of its own, on a free port. Stopped and removed when disposed. */
export interface Engine extends AsyncDisposable {
  readonly url: string;
  /** Ends it as a crash would. */
  stop(): Promise<void>;
  /** Ends it as a crash would, if it still runs, and starts it again on the same data and port. */
  restart(): Promise<void>;
}

/** How a server that is not installed is had; `undefined`: it is there. */
export function missing(engine: "postgres" | "redis"): string | undefined {
  if (engine === "redis") return Bun.which("redis-server") === null ? "apt-get install redis-server" : undefined;
  return postgresFolder() === undefined ? "apt-get install postgresql" : undefined;
}

/** Debian keeps the server's programs out of the PATH. */
function postgresFolder(): string | undefined {
  const found = Array.from(
    new Bun.Glob("*/bin/postgres").scanSync({ cwd: existsSync(DEBIAN) ? DEBIAN : "/var/empty" }),
  );
  const newest = found.toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10)).at(-1);
  if (newest !== undefined) return join(DEBIAN, newest, "..");
  const path = Bun.which("postgres");
  return path === null ? undefined : join(path, "..");
}

const DEBIAN = "/usr/lib/postgresql";

/** `within` is a folder for its data; the one for temporary files unless given. */
export async function startPostgres(within = tmpdir()): Promise<Engine> {
  const bin = postgresFolder();
  if (bin === undefined) throw new Error(`PostgreSQL is not installed: ${missing("postgres")}`);
  const folder = await mkdtemp(join(within, "hotswap-pg-"));
  // The server refuses to run as root: then it runs as the user that its package made.
  const asRoot = process.getuid?.() === 0;
  await chmod(folder, 0o755);
  const data = join(folder, "data");
  await mkdir(data);
  if (asRoot) await run(["chown", "postgres", folder, data]);
  const as = (command: string): string[] => (asRoot ? ["su", "postgres", "-c", command] : ["sh", "-c", command]);
  const port = freePort();
  await run(as(`${bin}/initdb -D ${data} -A trust -U postgres --no-sync -E UTF8 >/dev/null`));
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c max_connections=300`;
  const start = () => run(as(`${bin}/pg_ctl -D ${data} -l ${folder}/log -o "${settings}" -w start >/dev/null`));
  const stop = () => run(as(`${bin}/pg_ctl -D ${data} -m immediate stop >/dev/null`));
  await start();
  return {
    url: `postgres://postgres:secret-word@127.0.0.1:${port}/postgres`,
    stop,
    async restart() {
      await stop().catch(() => {
        // It has ended by itself.
      });
      await start();
    },
    async [Symbol.asyncDispose]() {
      await stop().catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function startRedis(within = tmpdir()): Promise<Engine> {
  const bin = Bun.which("redis-server");
  if (bin === null) throw new Error(`Redis is not installed: ${missing("redis")}`);
  const folder = await mkdtemp(join(within, "hotswap-redis-"));
  const port = freePort();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--appendonly", "yes", "--appendfsync", "always"];
  const spawn = () =>
    Bun.spawn([bin, ...settings, "--dir", folder, "--requirepass", "secret-word"], {
      stdio: ["ignore", "ignore", "ignore"],
    });
  const url = `redis://:secret-word@127.0.0.1:${port}`;
  let server = spawn();
  const stop = async (): Promise<void> => {
    server.kill("SIGKILL");
    await server.exited;
  };
  await answering(port);
  return {
    url,
    stop,
    async restart() {
      await stop();
      server = spawn();
      await answering(port);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago. */
function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

async function answering(port: number): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end; await Bun.sleep(20)) {
    try {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
      socket.end();
      return;
    } catch {
      // It is starting.
    }
  }
  throw new Error(`nothing answers on port ${port}`);
}

async function run(command: string[]): Promise<void> {
  const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "pipe"], cwd: "/" });
  const [code, error] = await Promise.all([child.exited, child.stderr.text()]);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${error}`);
}
