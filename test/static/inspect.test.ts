import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { DemoCopy } from "../demo/demo-copy.ts";
import { Child } from "../support/child.ts";
import { Inspector } from "./inspector.ts";

test("10.3 a breakpoint in a plugin's TypeScript source is hit in the statically linked slink demo", async () => {
  await using demo = await DemoCopy.create("slink");
  // The system chooses the port, which the child prints; it waits for the debugger.
  await using child = new Child([process.execPath, "--inspect-wait=127.0.0.1:0", demo.path("run.ts"), "--static"], {
    cwd: demo.project.root,
  });
  const [url = ""] = /ws:\S+/.exec(await child.errorLine(/ws:/)) ?? [];
  using inspector = await Inspector.attach(url);
  const source = demo.path("plugin", "greeter", "index.ts");
  const line =
    (await readFile(source, "utf8")).split("\n").findIndex((text) => text.includes("deps.clock.partOfDay()")) + 1;
  const breakpoint = inspector.script(source).then(() => inspector.setBreakpoint(source, line));
  await inspector.send("Inspector.initialized");
  await breakpoint;
  const pause = await inspector.paused();
  expect(pause.reason).toBe("Breakpoint");
  expect(inspector.placeOf(pause)).toEqual({ file: source, line, functionName: "greet" });
  // It goes on from there: what was stopped answers.
  await inspector.send("Debugger.resume");
  await child.line(/^greeter  build static  reload 0  Good \w+, world!$/);
});
