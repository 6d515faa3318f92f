#!/usr/bin/env bun
import { commands } from "./commands.ts";
import { runCommandLine } from "./frame/run.ts";

const words = process.argv.slice(2);

// What the scripts of `hotswap completion` ask.
if (words[0] === "complete" && words[1] === "--") {
  const { complete } = await import("./completion/complete.ts");
  await complete(commands, words.slice(2));
} else {
  process.exitCode = await runCommandLine(commands, words);
}
