/** What a host of the soak is told. */
export interface HostOptions {
  /** As `fleetStore()` takes it. */
  readonly store: string;
  readonly fleet: string;
  readonly id: string;
  /** Its plugin folder. */
  readonly folder: string;
  /** The project's. */
  readonly root: string;
  readonly heartbeat: number;
  readonly poll: number;
}

/** How a plugin fails that a host of the soak loads: in which phase, by an error or never to end. */
export interface PluginFault {
  readonly phase: "" | "load" | "reloadable" | "export" | "import" | "onLoad" | "onInit";
  readonly hangs: boolean;
}

/** The source of a plugin that fails as its host was told to. */
export function soakPlugin(version: number): string {
  return `
import { definePlugin } from "hotswap";
function fail(phase: string): any {
  const fault = (globalThis as { soakFault?: { phase: string; hangs: boolean } }).soakFault;
  if (fault?.phase !== phase) return;
  if (fault.hangs) return new Promise(() => {});
  throw new Error("told to fail in " + phase);
}
fail("load");
export default definePlugin({
  reloadable() { fail("reloadable"); return true; },
  export() { fail("export"); return {}; },
  import() { fail("import"); return {}; },
  onLoad() { return fail("onLoad"); },
  onInit() { return fail("onInit"); },
  functions: { version: () => ${version} },
});
`;
}
