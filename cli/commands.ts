import type { CommandTable } from "./command.ts";

/** Every command, with what the overview says of it. The code of a command is loaded when it is run. */
export const commands: CommandTable = {
  build: {
    summary: "Build plugins into artifacts, or generate code for static linking",
    load: async () => (await import("./build.ts")).buildCommand,
  },
};
