import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { chmod, chown, mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ArtifactCache } from "../../src/load/copies/artifact-cache.ts";
import { createHost, type Host, hotswapError, journalPlugin } from "../support/host.ts";
import { RecordingLogger } from "../support/logger.ts";

const swapperSource = join(import.meta.dir, "../../src/reload/swapper.ts");
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

/** Whether this machine lets us make namespaces of these kinds. */
function canUnshare(...words: string[]): boolean {
  return Bun.which("unshare") !== null && Bun.spawnSync(["unshare", ...words, "true"]).exitCode === 0;
}

const mayMount = canUnshare("--mount");
const mayNumber = canUnshare("--pid", "--fork", "--mount-proc");

/** Says in the name of a test why it is skipped. */
function titled(title: string, may: boolean): string {
  return may ? title : `${title} (skipped: this machine does not let us make the namespaces)`;
}

let temp: string;

beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), "hotswap-test-"));
});

afterEach(() => rm(temp, { recursive: true, force: true }));

/** The folders of copies in `temp`. */
const folders = (): string[] => readdirSync(temp).filter((name) => /^hotswap-\d+\./.test(name));

/** A host in a process of its own, which prints its warnings and then `loaded`, and ends when its input does. */
async function startHost(host: Host, prefix: readonly string[] = [], dir = temp): Promise<HostProcess> {
  await host.project.write({
    "main.ts": `
      import { PluginManagerSwapper } from ${JSON.stringify(swapperSource)};
      const say = (line: string) => console.log(line);
      const swapper = new PluginManagerSwapper("bin", { logger: { debug() {}, info() {}, warn: say, error: say } });
      await swapper.loadPlugins().then(() => console.log("loaded"), (error) => console.log(error.code + " " + error.message));
      for await (const line of console) {
        if (line === "reload") console.log(String(await swapper.reload()));
        if (line === "versions") console.log(JSON.stringify(swapper.current?.findPlugin("alpha")?.invokeFunc("versions")));
      }
      await swapper.close();
    `,
  });
  const child = Bun.spawn([...prefix, process.execPath, "main.ts"], {
    cwd: host.project.root,
    env: { ...process.env, TMPDIR: dir },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  return new HostProcess(child);
}

class HostProcess implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  constructor(child: Bun.Subprocess<"pipe", "pipe", "inherit">) {
    this.#child = child;
    this.#lines = linesOf(child.stdout);
  }

  async next(): Promise<string> {
    return ((await this.#lines.next()) as { value: string }).value;
  }

  async ask(line: string): Promise<string> {
    await this.#child.stdin.write(`${line}\n`);
    await this.#child.stdin.flush();
    return this.next();
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#child.stdin.end();
    await this.#child.exited;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  yield rest;
}

describe("copies that are removed from under the host", () => {
  const carrying = (version: number): string => `
    import { asset, definePlugin } from "hotswap";
    export default definePlugin({ functions: { text: () => asset("motd.txt").text(), version: () => ${version} } });`;

  async function carryingHost(): Promise<Host> {
    const host = await createHost({}, {}, { "plugin/alpha/motd.txt": "one", "plugin/alpha/index.ts": carrying(1) });
    await host.project.build("alpha", { include: "motd" });
    await host.swapper.loadPlugins();
    return host;
  }

  const removeCopies = (): void => {
    for (const parent of [tmpdir(), "/dev/shm"].filter((each) => existsSync(each))) {
      for (const name of readdirSync(parent).filter((each) => each.startsWith(`hotswap-${process.pid}.`))) {
        rmSync(join(parent, name), { recursive: true });
      }
    }
  };

  async function changeTo(host: Host, text: string, version: number): Promise<void> {
    await host.project.write({ "plugin/alpha/motd.txt": text, "plugin/alpha/index.ts": carrying(version) });
    await host.project.build("alpha", { include: "motd" });
  }

  const call = (host: Host, name: string): unknown => host.swapper.current?.findPlugin("alpha")?.invokeFunc(name);

  test("asset() reads on, also when the artifact was built anew or is gone, and after a reload that changes nothing", async () => {
    await using host = await carryingHost();
    removeCopies();
    expect(call(host, "text")).toBe("one");
    expect(String(await host.swapper.reload())).toBe("alpha: unchanged");
    expect(call(host, "text")).toBe("one");
    await changeTo(host, "two", 2);
    expect(call(host, "text")).toBe("one");
    await host.project.remove("bin/alpha.js");
    expect(call(host, "text")).toBe("one");
  });

  test("rollback() goes back to what is nowhere else any more", async () => {
    await using host = await carryingHost();
    await changeTo(host, "two", 2);
    await host.swapper.reload();
    await host.swapper.drained();
    removeCopies();
    expect(String(await host.swapper.rollback())).toBe("alpha: ok");
    expect([call(host, "text"), call(host, "version")]).toEqual(["one", 1]);
    removeCopies();
    await changeTo(host, "three", 3);
    await host.swapper.reload();
    expect([call(host, "text"), call(host, "version")]).toEqual(["three", 3]);
  });

  test("one that was not open is made again from its artifact, or the error says what to do", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    const bytes = await Bun.file(host.project.path("bin/alpha.js")).bytes();
    using cache = new ArtifactCache(new RecordingLogger());
    // As many as a process may have open at the same time, for copies alone.
    for (let index = 0; index < 256; index++) await cache.hold(`filler ${index}`, async () => new Uint8Array(1));
    const file = await cache.hold("alpha", async () => bytes);
    rmSync(file);
    expect(cache.read("alpha")).toBeUndefined();
    const again = await cache.hold("alpha", async () => bytes);
    expect(again).not.toBe(file);
    expect(cache.read("alpha")).toEqual(Buffer.from(bytes));
    rmSync(again);
    const lost = await hotswapError(cache.hold("alpha", () => Promise.reject(new Error("it was built anew"))));
    expect(lost).toMatchObject({ code: "HOTSWAP_COPY_FAILED", phase: "load" });
    expect(lost.message).toContain("(it was built anew): build that version again");
    // The attempt is not remembered.
    expect(await cache.hold("alpha", async () => bytes)).toBeString();
  });

  test("a folder that somebody else made under the old name is not used", async () => {
    using cache = new ArtifactCache(new RecordingLogger());
    const file = await cache.hold("one", async () => new Uint8Array(1));
    const folder = dirname(dirname(file));
    rmSync(folder, { recursive: true });
    mkdirSync(folder, { mode: 0o777 });
    await chmod(folder, 0o777);
    const next = await cache.hold("two", async () => new Uint8Array(1));
    expect(dirname(dirname(next))).not.toBe(folder);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

describe("where copies lie", () => {
  let before: string | undefined;

  beforeEach(() => {
    before = process.env["TMPDIR"];
    delete process.env["TMPDIR"];
  });

  afterEach(() => {
    if (before !== undefined) process.env["TMPDIR"] = before;
  });

  const MB = 2 ** 20;
  const hold = (cache: ArtifactCache, hash: string, size: number) => cache.hold(hash, async () => new Uint8Array(size));

  test.skipIf(!existsSync("/dev/shm"))(
    "small ones in memory, up to 32 MB together, and large ones on the disk",
    async () => {
      using cache = new ArtifactCache(new RecordingLogger());
      expect(await hold(cache, "largest", 256 * 1024)).toStartWith("/dev/shm/");
      expect(await hold(cache, "large", 256 * 1024 + 1)).toStartWith(tmpdir());
      for (let index = 1; index < 128; index++) expect(await hold(cache, `${index}`, MB / 4)).toStartWith("/dev/shm/");
      expect(await hold(cache, "beyond", 1)).toStartWith(tmpdir());
      cache.release("1");
      expect(await hold(cache, "again", MB / 4)).toStartWith("/dev/shm/");
      expect(await hold(cache, "beyond again", 1)).toStartWith(tmpdir());
    },
  );

  test("for their owner alone", async () => {
    using cache = new ArtifactCache(new RecordingLogger());
    const umask = process.umask(0);
    try {
      const file = await hold(cache, "one", 10);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
      expect(statSync(dirname(dirname(file))).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(umask);
    }
  });

  test.each([
    ["is a file", () => writeFileSync(join(temp, "t"), "")],
    ["cannot be made", () => writeFileSync(join(temp, "t"), "")],
  ])("HOTSWAP_COPY_FAILED when the folder of temporary files %s", async (what, make) => {
    make();
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    await using child = await startHost(host, [], join(temp, what === "is a file" ? "t" : "t/below"));
    const line = await child.next();
    expect(line).toStartWith("HOTSWAP_COPY_FAILED the private copy of an artifact cannot be written to");
    expect(line).toContain("set TMPDIR to a folder that the host may write to");
  });
});

describe("left-over folders of hosts that were killed", () => {
  /** No process has this number: it is above what Linux gives out. */
  const left = "hotswap-4194999.1-x";

  test.skipIf(!isRoot)("of another user are left alone, and the host starts", async () => {
    const other = join(temp, left);
    mkdirSync(join(other, "0"), { recursive: true, mode: 0o700 });
    await utimes(other, 0, 0);
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    // As a user who may write into the folder for everybody, and owns nothing in it. Needs the right to become one.
    await chmod(temp, 0o1777);
    await chmod(host.project.root, 0o755);
    const asNobody = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
    await using child = await startHost(host, asNobody);
    expect(await child.next()).toBe("loaded");
    expect(existsSync(join(other, "0"))).toBe(true);
    const own = folders().find((name) => name !== left) ?? "";
    expect(lstatSync(join(temp, own))).toMatchObject({ uid: NOBODY });
  });

  test.skipIf(!isRoot)(
    "of the host's own user are removed, and nothing that a foreign user put in their place",
    async () => {
      const [own, foreign] = [join(temp, left), join(temp, "hotswap-4194998.1-y")];
      for (const each of [own, foreign]) {
        mkdirSync(each, { mode: 0o700 });
        await utimes(each, 0, 0);
      }
      await chown(foreign, NOBODY, NOBODY);
      await utimes(foreign, 0, 0);
      await using host = await createHost({ alpha: journalPlugin("alpha") });
      await using child = await startHost(host);
      expect(await child.next()).toBe("loaded");
      expect([own, foreign].map((each) => existsSync(each))).toEqual([false, true]);
    },
  );

  test.skipIf(!mayMount)("that cannot be removed are left, and said once", async () => {
    const stuck = join(temp, left);
    mkdirSync(stuck, { mode: 0o700 });
    await utimes(stuck, 0, 0);
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    // A file system is mounted on it: it is busy, whoever asks.
    const script = 'mount -t tmpfs tmpfs "$0" && touch -d 2000-01-01 "$0" && chmod 700 "$0" && exec "$@"';
    await using child = await startHost(host, ["unshare", "--mount", "sh", "-c", script, stuck]);
    expect(await child.next()).toStartWith(`${stuck} is left of a host that was killed, and cannot be removed`);
    expect(await child.next()).toBe("loaded");
  });
});

describe.skipIf(!mayNumber)(titled("two hosts in two PID namespaces with one TMPDIR", mayNumber), () => {
  const inNamespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

  test("leave each other's copies alone, though both have the number 1", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    await using one = await startHost(host, inNamespace);
    expect(await one.next()).toBe("loaded");
    await using two = await startHost(host, inNamespace);
    expect(await two.next()).toBe("loaded");
    // And one of ours, for which the number 1 is another process.
    await using ours = await startHost(host);
    expect(await ours.next()).toBe("loaded");
    expect(folders().filter((name) => name.startsWith("hotswap-1."))).toHaveLength(2);
    await host.change("alpha", journalPlugin("alpha", [], 2));
    for (const each of [one, two, ours]) {
      expect(await each.ask("reload")).toBe("alpha: ok");
      expect(await each.ask("versions")).toBe("[2]");
    }
  });

  test("what one left that was killed is removed after a day", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    {
      await using one = await startHost(host, inNamespace);
      expect(await one.next()).toBe("loaded");
      await one.kill();
    }
    const [name = ""] = folders();
    {
      await using two = await startHost(host);
      expect(await two.next()).toBe("loaded");
      expect(folders()).toContain(name);
    }
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(join(temp, name), yesterday, yesterday);
    await using three = await startHost(host);
    expect(await three.next()).toBe("loaded");
    expect(folders()).not.toContain(name);
  });
});

describe.skipIf(!isRoot || !mayMount)(titled("a read-only root, as of a container", isRoot && mayMount), () => {
  const readOnly = (script: string) => ["unshare", "--mount", "sh", "-c", `${script} exec "$@"`];

  test("with a file system in memory for temporary files, everything works", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    const script = 'mount -t tmpfs -o mode=1777 tmpfs "$0" && mount -o remount,bind,ro / && ! touch /hotswap-test &&';
    await using child = await startHost(host, [...readOnly(script), temp]);
    expect(await child.next()).toBe("loaded");
    expect(await child.ask("reload")).toBe("alpha: unchanged");
    expect(await child.ask("versions")).toBe("[1]");
  });

  test("without one, the error says what to do", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    const script = 'mount -o remount,bind,ro / && ! touch "$0/x" &&';
    await using child = await startHost(host, [...readOnly(script), temp]);
    expect(await child.next()).toMatch(/^HOTSWAP_COPY_FAILED .*(EROFS|read-only).*or set TMPDIR/i);
  });

  test("one that is full says so, and so does the next reload", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    const script = 'mount -t tmpfs -o size=4k tmpfs "$0" && head -c 4096 /dev/zero > "$0/full" &&';
    await using child = await startHost(host, [...readOnly(script), temp]);
    expect(await child.next()).toMatch(/^HOTSWAP_COPY_FAILED .*ENOSPC/);
  });
});
