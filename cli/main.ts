#!/usr/bin/env bun
import { existsSync } from "node:fs";
import { join, sep } from "node:path";
import type * as Packed from "./build-alone.ts";

/*
 * An installed package carries the build command in one file, with its bytecode: it is started again and again, and
 * would spend most of its time on reading some seventy modules. Everything else runs from its TypeScript, as does
 * everything in a checkout, even when an interrupted `npm pack` left such a file there.
 */

const packed = join(import.meta.dir, "packed", "build-alone.js");
const words = process.argv.slice(2);

if (words[0] === "build" && packed.includes(`${sep}node_modules${sep}`) && existsSync(packed)) {
  const { runBuild } = require(packed) as typeof Packed;
  process.exitCode = await runBuild(words);
} else {
  const [{ commands }, { runCommandLine }] = await Promise.all([import("./commands.ts"), import("./frame/run.ts")]);
  process.exitCode = await runCommandLine(commands, words);
}
