import { byId, setText } from "../dom.ts";
import { count, formatAge, formatClock, formatDuration, shortenMiddle } from "../format.ts";
import type { FeedPart, RunningReload } from "../../feed.ts";
import type { Panel, Screen } from "./screen.ts";

/** In ms: how long a finished reload keeps the progress bar. */
const BAR_STAYS = 400;

/** Says whether what is shown is what is, and how far a reload is. */
export class ConnectionPanel implements Panel {
  readonly #pill = byId("connection", HTMLElement);
  readonly #target = byId("target", HTMLElement);
  readonly #version = byId("version", HTMLElement);
  readonly #notice = byId("notice", HTMLElement);
  readonly #announcements = byId("announcements", HTMLElement);
  readonly #progress = byId("progress", HTMLElement);
  readonly #bar = byId("progress-bar", HTMLElement);
  #screen: Screen | undefined;
  #lostAt: number | undefined;
  #lastReload: number | undefined;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  update(screen: Screen, changed: ReadonlySet<FeedPart>): void {
    this.#screen = screen;
    this.#lostAt = screen.connected ? undefined : (this.#lostAt ?? Date.now());
    const { status, settings } = screen.feed;
    const place = status?.pluginDir || (settings?.target ?? "");
    setText(this.#target, shortenMiddle(place, 90));
    setText(this.#version, status ? `hotswap ${status.hotswap} on Bun ${status.bun}` : "");
    this.#target.title = settings === undefined ? place : `plugins: ${place}\nhost: ${settings.target}`;
    document.title = place === "" ? "hotswap" : `${place.split(/[/\\]/).findLast((part) => part !== "")} · hotswap`;
    this.#showState(screen);
    this.#showProgress(screen.feed.running ?? null);
    if (changed.has("reloads")) this.#announce(screen);
  }

  tick(now: number): void {
    if (this.#screen === undefined) return;
    const text = noticeOf(this.#screen, this.#lostAt, now);
    this.#notice.hidden = text === undefined;
    if (text !== undefined) setText(this.#notice, text);
  }

  #showState({ feed, connected }: Screen): void {
    const { host, running } = feed;
    const gone = !connected || host?.state === "gone";
    document.body.classList.toggle("stale", gone);
    this.#pill.className = `pill ${gone ? "gone" : running ? "busy" : host?.state === "up" ? "up" : ""}`;
    const text = !connected
      ? this.#screen?.feed.host === undefined
        ? "Connecting"
        : "Dashboard lost"
      : host?.state === "gone"
        ? "Host is gone"
        : running
          ? describeRunning(running)
          : host?.state === "up"
            ? "Live"
            : "Connecting";
    setText(this.#pill, text);
    this.tick(Date.now());
  }

  #showProgress(running: RunningReload | null): void {
    clearTimeout(this.#hiding);
    if (running === null) {
      if (!this.#progress.hidden) {
        this.#bar.style.width = "100%";
        this.#hiding = setTimeout(() => (this.#progress.hidden = true), BAR_STAYS);
      }
      return;
    }
    this.#progress.hidden = false;
    this.#bar.style.width = `${fractionOf(running) * 100}%`;
  }

  /** Tells a screen reader of a reload that ended; those before the page was opened are history. */
  #announce({ feed }: Screen): void {
    const last = feed.reloads?.at(-1);
    const isNews = this.#lastReload !== undefined && last !== undefined && last.id > this.#lastReload;
    this.#lastReload = last?.id ?? 0;
    if (!isNews) return;
    setText(
      this.#announcements,
      last.ok
        ? `${last.kind} ${last.id} is over in ${formatDuration(last.duration)}, ${count(last.notes.length, "plugin")}`
        : `${last.kind} ${last.id} failed: ${last.error.message}`,
    );
  }
}

const steps = [
  "scan",
  "load",
  "reloadable",
  "export",
  "import",
  "link",
  "onLoad",
  "vault",
  "onInit",
  "callback",
  "swap",
] as const satisfies readonly RunningReload["phase"][];

function fractionOf({ phase, done, total }: RunningReload): number {
  if (phase === null) return 0.02;
  return (steps.indexOf(phase) + (total === 0 ? 0.5 : done / total)) / steps.length;
}

function describeRunning({ kind, phase, done, total }: RunningReload): string {
  const what = kind === "rollback" ? "Rolling back" : kind === "load" ? "Loading" : "Reloading";
  return [what, phase, total > 0 && `${done} of ${total}`].filter(Boolean).join(" · ");
}

function noticeOf({ feed, connected }: Screen, lostAt: number | undefined, now: number): string | undefined {
  if (!connected) {
    if (feed.host === undefined || lostAt === undefined) return undefined;
    return `The dashboard's server does not answer since ${formatClock(lostAt)} (${formatAge(now - lostAt)}). What is shown is the last that was known; the page connects again by itself.`;
  }
  const { host, status } = feed;
  if (host?.state !== "gone") return undefined;
  const known = status ? "What is shown is the last that was known" : "Nothing is known of it yet";
  return `The host does not answer since ${formatClock(host.since)} (${formatAge(now - host.since)}): ${host.reason}. ${known}; it is looked for every second.`;
}
