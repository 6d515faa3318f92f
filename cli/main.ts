#!/usr/bin/env bun
import { commands } from "./commands.ts";
import { runCommandLine } from "./frame/run.ts";

process.exitCode = await runCommandLine(commands, process.argv.slice(2));
