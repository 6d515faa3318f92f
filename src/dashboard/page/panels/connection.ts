import { byId, setText } from "../dom.ts";
import { count, formatClock, formatDuration, shortenMiddle } from "../format.ts";
import type { FeedPart, RunningReload } from "../../feed.ts";
import { STEPS } from "./reloads.ts";
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
  #lostAt: number | undefined;
  #lastReload: number | undefined;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  update(screen: Screen, changed: ReadonlySet<FeedPart>): void {
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

  #showState(screen: Screen): void {
    const { look, text } = connectionOf(screen);
    document.body.classList.toggle("stale", look === "gone");
    this.#pill.className = `pill ${look}`;
    setText(this.#pill, text);
    const notice = noticeOf(screen, this.#lostAt);
    this.#notice.hidden = notice === undefined;
    if (notice !== undefined) setText(this.#notice, notice);
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
    if (last === undefined) return;
    const isNews = this.#lastReload !== undefined && last.id > this.#lastReload;
    this.#lastReload = last.id;
    if (!isNews) return;
    setText(
      this.#announcements,
      last.ok
        ? `${last.kind} ${last.id} is over in ${formatDuration(last.duration)}, ${count(last.notes.length, "plugin")}`
        : `${last.kind} ${last.id} failed: ${last.error.message}`,
    );
  }
}

function fractionOf({ phase, done, total }: RunningReload): number {
  if (phase === null) return 0.02;
  return (STEPS.indexOf(phase) + (total === 0 ? 0.5 : done / total)) / STEPS.length;
}

function describeRunning({ kind, phase, done, total }: RunningReload): string {
  const what = kind === "rollback" ? "Rolling back" : kind === "load" ? "Loading" : "Reloading";
  return [what, phase, total > 0 && `${done} of ${total}`].filter(Boolean).join(" · ");
}

/** The state of the connection in a word or two, and the class that paints it. */
function connectionOf({ feed: { host, running }, connected }: Screen): {
  readonly look: string;
  readonly text: string;
} {
  if (host === undefined) return { look: "", text: "Connecting" };
  if (!connected) return { look: "gone", text: "Dashboard lost" };
  if (host.state === "gone") return { look: "gone", text: "Host is gone" };
  if (running) return { look: "busy", text: describeRunning(running) };
  return host.state === "up" ? { look: "up", text: "Live" } : { look: "", text: "Connecting" };
}

/** What a viewer must know before anything else. No age in it: a screen reader would read it again every second. */
function noticeOf({ feed, connected }: Screen, lostAt: number | undefined): string | undefined {
  const { host, status } = feed;
  if (host === undefined) return undefined;
  if (!connected && lostAt !== undefined) {
    return `The dashboard's server does not answer since ${formatClock(lostAt)}. What is shown is the last that was known; the page connects again by itself.`;
  }
  if (host.state !== "gone") return undefined;
  const known = status ? "What is shown is the last that was known" : "Nothing is known of it yet";
  return `The host does not answer since ${formatClock(host.since)}: ${host.reason}. ${known}; it is looked for every second.`;
}
