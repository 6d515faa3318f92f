import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import { DEV_SOCKET_VARIABLE } from "../../src/control/dev-socket.ts";
import { Rest } from "../../src/reload/rest.ts";
import { createHost, type Host, journalPlugin } from "../support/host.ts";
import { createProject } from "../support/project.ts";

afterEach(() => {
  mock.restore();
});

/** A clock that is moved by hand, and the rests that were taken: waiting moves it. */
class Course {
  time = 10_000;
  worked = 0;
  readonly rests: number[] = [];
  readonly rest: Rest;

  constructor(least: number) {
    this.rest = new Rest(least, { now: () => this.time, work: () => this.worked });
    spyOn(globalThis, "setTimeout").mockImplementation(((over: () => void, ms: number) => {
      this.rests.push(ms);
      this.time += ms;
      over();
    }) as unknown as typeof setTimeout);
  }

  /** A reload that keeps the processor for `work` ms. */
  reload(work: number, { called }: { called: boolean }): Promise<void> {
    const reload = async (): Promise<void> => {
      this.time += work;
      this.worked += work;
    };
    return this.rest.before(reload, () => called);
  }
}

describe("reloads that follow each other without a pause", () => {
  test("leave the loop to calls that come in, for the time that is set", async () => {
    const course = new Course(250);
    for (let count = 0; count < 4; count++) await course.reload(2, { called: true });
    expect(course.rests).toEqual([250, 250, 250]);
  });

  test("never take more than half of the time, however long they are", async () => {
    const course = new Course(10);
    for (const work of [1, 700, 30, 5000]) await course.reload(work, { called: true });
    // A while later there is still a part of the rest to come.
    course.time += 2000;
    await course.reload(4, { called: true });
    expect(course.rests).toEqual([10, 700, 30, 3000]);
  });

  test("do not rest while nobody calls", async () => {
    const course = new Course(250);
    for (let count = 0; count < 1000; count++) await course.reload(2, { called: false });
    expect(course.rests).toEqual([]);
  });

  test("rest although no call came during the last of them, when there was one a moment ago", async () => {
    const course = new Course(250);
    await course.reload(2, { called: true });
    await course.reload(2, { called: false });
    await course.reload(2, { called: false });
    expect(course.rests).toEqual([250, 250]);
    course.time += 1000;
    await course.reload(2, { called: false });
    await course.reload(2, { called: false });
    expect(course.rests).toEqual([250, 250]);
  });

  test("do not rest with reloadRest: 0", async () => {
    const course = new Course(0);
    for (let count = 0; count < 3; count++) await course.reload(2, { called: true });
    expect(course.rests).toEqual([]);
  });
});

test("a reload after a quiet time begins at once, and what is left of a rest is all that is waited for", async () => {
  const course = new Course(250);
  await course.reload(2, { called: true });
  course.time += 250;
  await course.reload(2, { called: true });
  expect(course.rests).toEqual([]);
  course.time += 100;
  await course.reload(2, { called: true });
  expect(course.rests).toEqual([150]);
});

test("a reload that failed is followed by a rest like any other", async () => {
  const course = new Course(250);
  const failed = course.rest.before(
    () => Promise.reject(new Error("no")),
    () => true,
  );
  expect(await failed.catch(String)).toBe("Error: no");
  await course.reload(2, { called: true });
  expect(course.rests).toEqual([250]);
});

describe("the swapper", () => {
  /** An hour: a rest that is not cut short is one that the test does not live to see the end of. */
  const reloadRest = 3_600_000;

  /** A host whose plugins were called while it reloaded. */
  async function reloadedUnderLoad(): Promise<Host> {
    const host = await createHost({ alpha: journalPlugin("alpha") }, { reloadRest });
    await host.swapper.loadPlugins();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await host.swapper.reload(undefined, () => {
      host.swapper.current?.findPlugin("alpha")?.invokeFunc("version");
    });
    return host;
  }

  /** Resolves when the swapper waits for the end of a rest. */
  function restBegins(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const original = setTimeout;
    spyOn(globalThis, "setTimeout").mockImplementation(((step: () => void, ms: number) => {
      if (ms > reloadRest / 2) resolve();
      return original(step, ms);
    }) as typeof setTimeout);
    return promise;
  }

  test("a host that asks for its plugins only between reloads is not slowed down", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") }, { reloadRest });
    await host.swapper.loadPlugins();
    for (const version of [2, 3, 4]) {
      await host.change("alpha", journalPlugin("alpha", [], version));
      await host.swapper.reload();
      expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(version);
    }
  });

  test("under `hotswap dev` there is no rest: what is saved shall be live at once", async () => {
    await using place = await createProject({});
    process.env[DEV_SOCKET_VARIABLE] = `${process.pid}:${place.path("dev.sock")}`;
    await using host = await reloadedUnderLoad();
    expect(String(await host.swapper.reload())).toBe("alpha: unchanged");
  });

  test("close() cuts a rest short, and the reload that was due still happens", async () => {
    await using host = await reloadedUnderLoad();
    const resting = restBegins();
    const reload = host.swapper.reload();
    await resting;
    await host.swapper.close();
    expect(String(await reload)).toBe("alpha: unchanged");
  });

  test("rollback() does not wait for rests, nor do the reloads before it", async () => {
    await using host = await reloadedUnderLoad();
    const reloads = [host.swapper.reload(), host.swapper.reload()];
    expect(String(await host.swapper.rollback())).toBe("alpha: ok");
    expect((await Promise.all(reloads)).map(String)).toEqual(["alpha: unchanged", "alpha: unchanged"]);
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
  });

  test("the rest comes after a reload in which the host asked for its plugins", async () => {
    await using host = await reloadedUnderLoad();
    const resting = restBegins();
    const reload = host.swapper.reload();
    await resting;
    expect(host.swapper.reloadCounter).toBe(1);
    await host.swapper.close();
    await reload;
  });
});
