import type { DevEvent } from "../../src/dev/session.ts";
import { displayPath } from "../../src/build/diagnostic.ts";
import { count, describeFailure, duration, news } from "../host/wording.ts";
import type { Paint } from "../terminal/paint.ts";

/** Each key that `hotswap dev` understands, with what it does. */
export const keyMeanings = { r: "reload", s: "status", b: "roll back", q: "quit" } as const;

/** What `hotswap dev` says about an event; `undefined` when there is nothing to say. */
export function describeEvent(event: DevEvent, paint: Paint): string | undefined {
  switch (event.type) {
    case "build failed":
      return failure(paint, event.error.message);
    case "mended":
      return `${paint.green(event.plugin)} is whole again`;
    case "waiting":
      return `the host waits until every plugin is built; still missing: ${event.plugins.join(", ")}`;
    case "host connected":
    case "host files":
    case "plugin error":
      return undefined;
    case "host started":
      return paint.dim(`host started, process ${event.pid}`);
    case "host ready":
      return `${paint.green("ready")}: ${count(event.status.plugins.length, "plugin")} live${process.stdin.isTTY ? `; ${keyHelp(paint)}` : ""}`;
    case "host silent":
      return `${paint.yellow("the host has not opened its control socket")}: does it make a PluginManagerSwapper and call loadPlugins()?`;
    case "host ended":
      return `${paint.yellow(typeof event.how === "number" ? `the host ended with code ${event.how}` : `the host was ended by ${event.how}`)}; it is started again by the next save, or by ${paint.bold("r")}`;
    case "reloaded":
      return describeReloaded(event, paint);
    case "host changed":
      return describeHostChange(event, paint);
    case "failed":
      return failure(paint, `${event.what}: ${event.error.message}`);
    default:
      return event satisfies never;
  }
}

function describeHostChange({ files, restarts }: DevEvent & { readonly type: "host changed" }, paint: Paint): string {
  if (files.length === 0) return "no restart is needed any more";
  const changed = `${files.map(displayPath).join(", ")} changed`;
  if (restarts) return `${changed}: the host is restarted`;
  return `${paint.yellow("restart needed")}: ${changed}, and the host loads its own modules once; ${paint.bold("r")} restarts`;
}

/** One line with the keys. */
export function keyHelp(paint: Paint): string {
  return Object.entries(keyMeanings)
    .map(([key, meaning]) => `${paint.bold(key)} ${meaning}`)
    .join(", ");
}

function describeReloaded({ reload, since }: DevEvent & { readonly type: "reloaded" }, paint: Paint): string {
  if (!reload.ok) {
    const what =
      reload.kind === "load" ? "the first load failed" : `the ${reload.kind} failed, and what was live stays live`;
    const problem = `${what}: ${describeFailure(reload.error)}`;
    const { place, excerpt } = reload.error;
    if (place === undefined || excerpt === undefined) return failure(paint, problem);
    return failure(paint, `${problem}\n${displayPath(place.file)}:${place.line}:${place.column}\n${excerpt}`);
  }
  const what = reload.kind === "rollback" ? "rolled back" : "live";
  const time = since === null ? `in ${duration(reload.duration)}` : `after ${duration(since)}`;
  return `${paint.green(what)} ${time}: ${news(reload.notes)}`;
}

function failure(paint: Paint, text: string): string {
  return `${paint.red("error:")} ${text}`;
}
