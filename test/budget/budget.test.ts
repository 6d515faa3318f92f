import { join } from "node:path";
import { expect, test } from "bun:test";

/*
 * What the hot paths may cost, in operations and not by the clock: when one of these numbers grows, somebody should know
 * why.
 */

/** The JSON that a script of this folder prints in a process of its own. */
async function printedBy(script: string, env: Record<string, string> = {}): Promise<unknown> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, script)], {
    stdout: "pipe",
    stderr: "inherit",
    env: { ...process.env, ...env },
  });
  const printed = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  return JSON.parse(printed);
}

test("operations of loads, reloads and calls stay within their budget", async () => {
  const results = await printedBy("counted.ts");
  expect(results).toEqual({
    // Each artifact is read once, verified by one hash, copied once, and evaluated in one graph.
    "load of 20": {
      "folder reads": 1,
      stats: 20,
      "file reads": 20,
      hashes: 20,
      "file writes": 20,
      imports: 20,
      "slots read": 40,
    },
    // Size, time and inode tell that nothing changed, and then nothing is linked.
    "reload without changes": { "folder reads": 1, stats: 20 },
    // Linking looks at the one that changed.
    "reload of one": {
      "folder reads": 1,
      stats: 20,
      "file reads": 1,
      hashes: 1,
      "file writes": 1,
      imports: 1,
      "slots read": 3,
    },
    // The copy is still there.
    "rollback of one": { imports: 1, "slots read": 3 },
    "one plugin found twice": { "plugins made": 1 },
    plan: { "folder reads": 1, stats: 20 },
    "100 calls of invokeFunc": { runs: 100 },
    // One of 16 is timed, from its begin to its end.
    "100 calls of invokeFunc that are counted": { runs: 100, "looks at the clock": 14 },
    // One of them was found before.
    "invokeEach over 20": { runs: 20, "plugins made": 19 },
    "calls that are followed while they answer at once": { runs: 1, followed: 0 },
    // One run for the call, one for the other plugin's function.
    "a call that calls one export of another plugin": { runs: 2 },
  });
});

test("operations of a save under hotswap dev stay within their budget, however many modules and plugins there are", async () => {
  const results = await printedBy("dev-saves.ts");
  // Nothing is written, bundled, encoded or watched anew, no folder is read, and only the edited module is looked at.
  const save = {
    "file events": 2,
    // To see what happened, to compile it, and once more because events get lost that follow each other.
    "file reads": 3,
    stats: 9,
    "modules parsed": 1,
    "modules printed": 1,
    "modules compiled": 1,
    // Of the module, and of the plugin by the hashes of its modules.
    hashes: 2,
  };
  // One module; 50 modules; 20 plugins.
  expect(results).toEqual([save, save, save]);
});

test("objects that calls leave behind stay within their budget", async () => {
  // Compiled code makes fewer, depending on how far the compiler has come.
  const results = await printedBy("allocated.ts", { BUN_JSC_useJIT: "0" });
  // By 100 calls each; an array holds the parameters of a call.
  expect(results).toEqual({
    // Over 20 plugins, and nothing for each of them.
    invokeEach: { Array: 100, Object: 100 },
    invokeEachBackward: { Array: 100, Object: 100 },
    invokeFunc: {},
    "invokeFunc, counted": {},
    "lookup, kept": {},
    "registry, look-up": {},
    "registry, look-up and call": {},
    findPlugin: {},
  });
});
