#!/usr/bin/env bun
import { existsSync } from "node:fs";
import { join } from "node:path";
import type * as Packed from "./build-alone.ts";

/*
 * An installed package carries the build command in one file, with its bytecode: it is started again and again, and
 * would spend most of its time on compiling its modules.
 */

const packed = join(import.meta.dir, "build-alone.js");
const words = process.argv.slice(2);

if (words[0] === "build" && existsSync(packed)) {
  const { runBuild } = require(packed) as typeof Packed;
  process.exitCode = await runBuild(words);
} else {
  const [{ commands }, { runCommandLine }] = await Promise.all([import("./commands.ts"), import("./frame/run.ts")]);
  process.exitCode = await runCommandLine(commands, words);
}
