import type { CommandTable } from "./frame/command.ts";

/** Every command, with what the overview says of it. The code of a command is loaded when it is run. */
export const commands: CommandTable = {
  new: {
    summary: "Write a project to begin with: a host and a plugin that run",
    load: async () => (await import("./new/new.ts")).newCommand,
  },
  build: {
    summary: "Build plugins into artifacts, or generate code for static linking",
    load: async () => (await import("./build.ts")).buildCommand,
  },
  keygen: {
    summary: "Make a pair of keys to sign artifacts with",
    load: async () => (await import("./trust/index.ts")).keygenCommand,
  },
  verify: {
    summary: "Check that artifacts are intact, and signed by keys that are trusted",
    load: async () => (await import("./trust/index.ts")).verifyCommand,
  },
  dev: {
    summary: "Build plugins, run a host, and reload in it whatever changes",
    load: async () => (await import("./dev/dev.ts")).devCommand,
  },
  clean: {
    summary: "Remove artifacts whose plugins' folders are gone",
    load: async () => (await import("./dev/clean.ts")).cleanCommand,
  },
  types: {
    summary: "Write the types of plugins and live things by their names",
    load: async () => (await import("./types/types.ts")).typesCommand,
  },
  vault: {
    summary: "Show what is in the store of a data bag or job queue",
    load: async () => (await import("./host/index.ts")).vaultCommand,
  },
  status: {
    summary: "Show what a running host has loaded",
    load: async () => (await import("./host/index.ts")).statusCommand,
  },
  top: {
    summary: "Show what a running host's plugins do, again every second",
    load: async () => (await import("./host/index.ts")).topCommand,
  },
  logs: {
    summary: "Follow the reloads and the plugins' errors of a running host",
    load: async () => (await import("./host/index.ts")).logsCommand,
  },
  plan: {
    summary: "Show what a reload would do now, and why",
    load: async () => (await import("./host/index.ts")).planCommand,
  },
  reload: {
    summary: "Have a running host reload what changed",
    load: async () => (await import("./host/index.ts")).reloadCommand,
  },
  rollback: {
    summary: "Have a running host go back to the set before",
    load: async () => (await import("./host/index.ts")).rollbackCommand,
  },
  fleet: {
    summary: "Publish releases to a fleet of hosts, and roll them out",
    load: async () => (await import("./fleet/fleet.ts")).fleetCommand,
  },
  generations: {
    summary: "List the generations of a running host that are still in memory",
    load: async () => (await import("./host/index.ts")).generationsCommand,
  },
  explain: {
    summary: "Name what keeps a generation of a running host in memory",
    load: async () => (await import("./host/index.ts")).explainCommand,
  },
  dashboard: {
    summary: "Show a running host on a page in the browser",
    load: async () => (await import("./dashboard.ts")).dashboardCommand,
  },
  completion: {
    summary: "Print a script by which a shell completes what you type",
    load: async () => (await import("./completion/completion.ts")).completionCommand,
  },
};
