import { displayPath } from "../../src/build/diagnostic.ts";
import type { ErrorReport } from "../../src/control/protocol.ts";
import type { DevEvent } from "../../src/dev/session.ts";
import type { ReloadPhase } from "../../src/reload/reload-log.ts";
import { inFewLines, inFewLinesWith, sourceFrame } from "../host/source-frame.ts";
import { count, describeFailure, duration, news } from "../host/wording.ts";
import { hasKeys } from "../terminal/output.ts";
import { paintFrames } from "../terminal/paint-frames.ts";
import type { Paint } from "../terminal/paint.ts";
import { keyHint } from "./keys.ts";

/** What a reload that was refused is about; no plugin is called so. */
const RELOAD = "";

type Reloaded = DevEvent & { readonly type: "reloaded" };

/** Says what happens under `hotswap dev`: each thing once, and what is live after what failed. */
export class DevReporter {
  readonly #paint: Paint;
  /** Plugins that are live, and how many reloads made them so; `undefined` before the first load. */
  #live: { readonly plugins: number; readonly reloads: number } | undefined;
  /** What is not as it should be: plugins that cannot be built, and the reload. */
  readonly #failing = new Set<string>();
  /** Errors of plugins that were shown, each with the power of ten of its count that was told. */
  readonly #shown = new Map<string, number>();

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  /** What to say about an event; `undefined` when there is nothing. */
  describe(event: DevEvent): string | undefined {
    const paint = this.#paint;
    switch (event.type) {
      case "build failed":
        return this.#failure(inFewLines(event.error.message), event.plugin);
      case "mended":
        this.#failing.delete(event.about);
        return `${paint.green("mended")}: ${event.what}`;
      case "left":
        this.#failing.delete(event.plugin);
        return `${event.plugin} is gone; it was never live`;
      case "no plugins":
        return `${paint.yellow("there is no plugin yet")}: ${event.given.join(", ")} matches no folder with an index.ts; one that comes is loaded at once`;
      case "waiting":
        return `the host waits until every plugin is built; still missing: ${event.plugins.join(", ")}`;
      case "host connected":
      case "host files":
      case "project changed":
        return undefined;
      case "slow":
        return this.#slow(event);
      case "plugin error":
        return event.isReplaced ? this.#errorOfOldCode(event.error) : this.#pluginError(event.error);
      case "host started":
        this.#live = undefined;
        this.#shown.clear();
        return paint.dim(`host started, process ${event.pid}`);
      case "host silent":
        return `${paint.yellow("the host has not opened its control socket")}: does it make a PluginManagerSwapper and call loadPlugins()?`;
      case "host ended": {
        const how = typeof event.how === "number" ? `ended with code ${event.how}` : `was ended by ${event.how}`;
        const meanwhile = event.step === undefined ? "" : `, while it was at ${stepName(event.step)}`;
        const byKey = hasKeys() ? `, or by ${paint.bold("r")}` : "";
        this.#live = undefined;
        return `${paint.yellow(`the host ${how}`)}${meanwhile}; it is started again by the next save${byKey}`;
      }
      case "reloaded":
        return event.reload.ok ? this.#reloaded(event) : this.#refused(event);
      case "host changed":
        return describeHostChange(event, paint);
      case "failed":
        // No start of the host mends it.
        return this.#failure(`${event.what}: ${event.error.message}`);
      case "not done":
        return `${paint.red("error:")} ${event.what}: ${event.error.message}`;
      case "host starting":
        return "the host is starting";
      default:
        return event satisfies never;
    }
  }

  #reloaded({ reload, since }: Reloaded): string {
    if (!reload.ok) return "";
    const plugins = reload.notes.filter(({ note }) => note !== "removed").length;
    this.#live = { plugins, reloads: reload.reloadCounter };
    if (reload.kind === "load") {
      const ready = this.#mended("ready", Array.from(this.#failing));
      return `${ready}: ${count(plugins, "plugin")} live${keyHint(this.#paint)}`;
    }
    const built = reload.notes.filter(({ note }) => note !== "unchanged").map(({ name }) => name);
    const what = this.#mended(reload.kind === "rollback" ? "rolled back" : "live", [RELOAD, ...built]);
    const time = since === null ? `in ${duration(reload.duration)}` : `after ${duration(since)}`;
    return `${what} ${time}: ${news(reload.notes)}`;
  }

  /** What does not come to an end has one all the same: `hookTimeout`. */
  #slow({ isFirst, step, seconds }: DevEvent & { readonly type: "slow" }): string {
    const what = isFirst ? "the first load" : "the reload";
    const meanwhile = isFirst ? "" : "; what is live goes on meanwhile";
    return `${this.#paint.yellow(`${what} has taken ${seconds} s`)}, and is at ${stepName(step)}${meanwhile}`;
  }

  #refused({ reload }: Reloaded): string {
    if (reload.ok) return "";
    const what = reload.kind === "load" ? "the first load failed" : `the ${reload.kind} failed`;
    const problem = `${what}: ${describeFailure(reload.error)}`;
    return this.#failure(inFewLinesWith(problem, sourceFrame(reload.error.place)), RELOAD);
  }

  /** What goes well is told as mended when it is what failed. */
  #mended(what: string, about: readonly string[]): string {
    const { green } = this.#paint;
    const mended = about.filter((each) => this.#failing.delete(each));
    return mended.length > 0 ? `${green("mended")}, ${green(what)}` : green(what);
  }

  #failure(text: string, about?: string): string {
    if (about !== undefined) this.#failing.add(about);
    const paint = this.#paint;
    return `${paint.red("error:")} ${paintFrames(text, paint)}${this.#stillLive()}`;
  }

  /** Errors that are alike are shown in full once, and then said again whenever they are ten times as many. */
  #pluginError(error: ErrorReport): string | undefined {
    const { plugin, name, message, place, count: times } = error;
    const { red, bold } = this.#paint;
    const source = describeSource(error);
    const key = [kindOf(error), place?.file, place?.line, place?.column].join("\n");
    const power = Math.floor(Math.log10(times));
    const told = this.#shown.get(key);
    if (told !== undefined && power <= told) return undefined;
    this.#shown.set(key, power);
    const what = `${red("error")} in ${bold(plugin)}, ${source}:`;
    const problem = `${name}: ${message}`;
    if (told !== undefined) return `${what} ${inFewLines(problem)} (${times} times)`;
    return `${what} ${paintFrames(inFewLinesWith(problem, sourceFrame(place)), this.#paint)}`;
  }

  /** Whoever mended it knows of it. The source has other lines by now. */
  #errorOfOldCode(error: ErrorReport): string | undefined {
    const kind = kindOf(error);
    if (this.#shown.keys().some((key) => key.startsWith(`${kind}\n`))) return undefined;
    this.#shown.set(`${kind}\n`, 0);
    const { plugin, name, message } = error;
    const { red, bold } = this.#paint;
    return `${red("error")} in ${bold(plugin)}, ${describeSource(error)} of code that was replaced: ${inFewLines(`${name}: ${message}`)}`;
  }

  #stillLive(): string {
    if (this.#live === undefined) return "";
    const { plugins, reloads } = this.#live;
    const since = reloads === 0 ? "as first loaded" : `as of reload ${reloads}`;
    return `\n${this.#paint.green("still live")}: ${count(plugins, "plugin")}, ${since}`;
  }
}

function stepName(step: ReloadPhase): string {
  return step === "load" ? "the evaluation of modules" : step;
}

/** What errors have in common that are one mistake, but for its place. */
function kindOf({ plugin, generation, source, name }: ErrorReport): string {
  return [plugin, generation, source, name].join("\n");
}

function describeSource(error: ErrorReport): string {
  if (error.source === "call") return `a call of ${error.function}()`;
  return error.source === "unhandledRejection" ? "a rejection that nobody handled" : "background work";
}

function describeHostChange({ files, restarts }: DevEvent & { readonly type: "host changed" }, paint: Paint): string {
  if (files.length === 0) return "no restart is needed any more";
  const changed = `${files.map(displayPath).join(", ")} changed`;
  if (restarts) return `${changed}: the host is restarted`;
  const byKey = hasKeys() ? `; ${paint.bold("r")} restarts` : "";
  return `${paint.yellow("restart needed")}: ${changed}, and the host loads its own modules once${byKey}`;
}
