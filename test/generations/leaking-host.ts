import { createHost, type Host } from "../support/host.ts";
import type { ProjectOptions } from "../support/project.ts";

/** What a host keeps of its plugins, in every way in which that is done. */
export const registry = `
import { EventEmitter } from "node:events";

export const handlers = new Map<string, unknown>();
export const listeners = new Set<unknown>();
export const bus = new EventEmitter();
export const players: unknown[] = [];
export const never = new Promise(() => {});
export const nested = { list: [new Map<string, unknown>([["inner", new Map<string, unknown>()]])] };
export class Registry {
  static readonly instances = new Map<string, unknown>();
  readonly #handlers: unknown[] = [];
  readonly #byName = new Map<string, unknown>();
  add(handler: unknown) { this.#handlers.push(handler); }
  set(name: string, handler: unknown) { this.#byName.set(name, handler); }
}
export const rooms = new Registry();
let hidden: unknown;
export const hide = (value: unknown) => { hidden = value; };
export const seen = () => hidden;
export const wrap = (handler: () => void) => { handlers.set("wrapped", function wrapper() { handler(); }); };
export const repeat = (handler: () => void) => void setTimeout(handler, 1e9).unref();
export const waitForever = async () => { await never; };
export const target = new EventTarget();
const looked = new WeakMap<object, unknown>();
export const lookUp = (value: unknown) => void looked.set(rooms, value);
`;

/** A plugin that leaves something of its own with the host, and then changes. */
export const world = (leak: string, version = 1): string => `
import { definePlugin } from "hotswap";
import * as host from "../../g/registry";
const state = { ticks: ${version} };
function onTick() { return state.ticks++; }
class Player { hp = 3; hit() { this.hp--; } }
async function save() { await host.never; state.ticks++; }
export default definePlugin({ onInit() { ${leak} }, functions: { version: () => ${version} } });`;

/** Reloads a plugin that leaked, and answers the host with its first generation freed and still in memory. */
export async function leakingHost(leak: string, options?: ProjectOptions): Promise<Host> {
  const host = await createHost({ world: world(leak) }, {}, { "g/registry.ts": registry }, options);
  await host.swapper.loadPlugins();
  for (const version of [2, 3]) {
    await host.change("world", world("", version));
    await host.swapper.reload();
  }
  await host.swapper.drained();
  return host;
}
