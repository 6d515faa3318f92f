import { describe, expect, test } from "bun:test";
import { hotswapError } from "../support/host.ts";
import { type Fault, faultySteps } from "./resources/faulty-plugin.ts";
import { type Ending, MatrixHost } from "./resources/matrix-host.ts";

const positions = [
  ["first", "a"],
  ["middle", "d"],
  ["last", "h"],
] as const;
const faults: readonly Fault[] = ["throws", "rejects", "hangs", "opens everything and throws"];

function isSynchronous(step: string): boolean {
  return step === "reloadable" || step === "export" || step === "import";
}

/** What the error of a fault says. */
function expectedError(step: string, fault: Fault): { readonly code: string; readonly phase: string } {
  const phase = step === "module" ? "load" : step;
  if (isSynchronous(step) && (fault === "rejects" || fault === "hangs")) return { code: "HOTSWAP_INVALID_HOOK", phase };
  return { code: fault === "hangs" ? "HOTSWAP_HOOK_TIMEOUT" : "HOTSWAP_HOOK_FAILED", phase };
}

describe("3.7 whatever fails, wherever: the old set answers, and nothing of the new one is left", () => {
  /** With this fault in this step, in the first, the middle and the last plugin. */
  async function failEverywhere(matrix: MatrixHost, step: string, fault: Fault): Promise<void> {
    for (const [position, plugin] of positions) {
      try {
        const error = await matrix.fail(`${plugin}.${step}`, fault);
        expect(error).toMatchObject({ plugin, ...expectedError(step, fault) });
        if (fault === "opens everything and throws") await matrix.expectClosed(plugin, step);
      } catch (error) {
        throw new Error(`${step} ${fault}, in the ${position} plugin`, { cause: error });
      }
    }
    await matrix.expectCollected();
  }

  test.each(faultySteps)(
    "%s throws, rejects, or opens everything and throws",
    async (step) => {
      await using matrix = await MatrixHost.create({});
      for (const fault of faults) if (fault !== "hangs") await failEverywhere(matrix, step, fault);
    },
    30_000,
  );

  test.each(faultySteps)(
    "%s hangs",
    async (step) => {
      // A step that must be synchronous is refused at once when it answers a promise.
      await using matrix = await MatrixHost.create(
        isSynchronous(step) ? {} : { hookTimeout: step === "module" ? 2000 : 500 },
      );
      await failEverywhere(matrix, step, "hangs");
    },
    30_000,
  );

  test.each(["throws", "rejects", "hangs"] as const)(
    "the vault's initialisation, callback 1, callback 2: %s",
    async (fault) => {
      const act = (step: string): void | Promise<void> => {
        switch (matrix?.host.wishes.get(step)) {
          case "throws":
            throw new Error("fault");
          case "rejects":
            return Promise.reject(new Error("fault"));
          case "hangs":
            return new Promise(() => {});
          default:
            return undefined;
        }
      };
      let matrix: MatrixHost | undefined;
      await using created = await MatrixHost.create({
        hookTimeout: 500,
        newExtension: () => act("vault"),
        reloadCallback: () => act("callback 1"),
      });
      matrix = created;
      for (const step of ["vault", "callback 1", "callback 2"]) {
        expect(await matrix.fail(step, fault, () => act("callback 2"))).toMatchObject({
          code: fault === "hangs" ? "HOTSWAP_HOOK_TIMEOUT" : "HOTSWAP_CALLBACK_FAILED",
          phase: step.split(" ")[0],
        });
      }
      await matrix.expectCollected();
    },
    30_000,
  );
});

/** A prepared reload whose commit is refused for what the live set wrote meanwhile. */
async function refusedCommit(prepared: Parameters<Ending["end"]>[0]): Promise<boolean> {
  expect(await hotswapError(prepared.commit())).toMatchObject({ code: "HOTSWAP_MIGRATION_FAILED", phase: "vault" });
  await prepared.abort();
  return false;
}

/** Shows that a reload which is over cannot be committed. */
async function expectOver(prepared: Parameters<Ending["end"]>[0]): Promise<boolean> {
  expect(await hotswapError(prepared.commit())).toMatchObject({ code: "HOTSWAP_PREPARED_EXPIRED" });
  return false;
}

/** How many keys had a shape that could not be migrated. */
let shapes = 0;

const endings: Readonly<Record<string, Ending>> = {
  "a commit": {
    end: async (prepared) => {
      const details = await prepared.commit();
      // What comes too late changes nothing.
      await prepared.abort();
      return details === prepared.details;
    },
  },
  "abort()": { end: (prepared) => prepared.abort().then(() => expectOver(prepared)) },
  "the end of its block": { end: (prepared) => prepared[Symbol.asyncDispose]().then(() => expectOver(prepared)) },
  "two aborts at once": {
    end: (prepared) => Promise.all([prepared.abort(), prepared.abort()]).then(() => expectOver(prepared)),
  },
  "an abort before a commit": {
    end: async (prepared) => {
      const aborted = prepared.abort();
      await expectOver(prepared);
      await aborted;
      return false;
    },
  },
  "a conflict over a key that both sets wrote": {
    meanwhile: (bag) => bag?.set("inits", 1000),
    end: refusedCommit,
  },
  "a migration that fails over what the live set wrote last": {
    callback: ({ vault }) => {
      const migrate = (old: unknown): unknown => {
        if (old === "bad") throw new Error("fault");
        return old;
      };
      vault.dataBag.declare(`shape ${++shapes}`, { version: 2, migrations: { 1: migrate } });
    },
    meanwhile: (bag) => bag?.set(`shape ${shapes}`, "bad"),
    end: refusedCommit,
  },
};

describe("3.17 a prepared reload: however it ends, all of it is live or nothing is left of it", () => {
  test.each(Object.entries(endings))(
    "%s",
    async (_, ending) => {
      await using matrix = await MatrixHost.create({});
      for (const [, plugin] of positions) await matrix.hold(plugin, ending);
      await matrix.expectCollected();
    },
    30_000,
  );

  test("its deadline", async () => {
    await using matrix = await MatrixHost.create({ holdTimeout: 100 });
    for (const [, plugin] of positions) {
      // The plan waits for the end of what is prepared.
      await matrix.hold(plugin, { end: (prepared, swapper) => swapper.plan().then(() => expectOver(prepared)) });
    }
    await matrix.expectCollected();
    expect(matrix.host.logger.of("warn").filter((line) => line.includes("holdTimeout"))).toHaveLength(3);
  }, 30_000);

  test.each(["close() while it is prepared", "close() while it is being prepared"])(
    "%s",
    async (when) => {
      await using matrix = await MatrixHost.create({});
      const { swapper } = matrix.host;
      const preparing = matrix.prepareOpening("d");
      const prepared = when === "close() while it is prepared" ? await preparing : undefined;
      const closed = swapper.close();
      const error = hotswapError(prepared?.commit() ?? preparing);
      await closed;
      expect(await error).toMatchObject({ code: "HOTSWAP_CLOSED" });
      expect(swapper.generations.filter(({ state }) => state !== "freed")).toEqual([]);
      await matrix.expectAllClosed("d", "onInit");
    },
    30_000,
  );
});
