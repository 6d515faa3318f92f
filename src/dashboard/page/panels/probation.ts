import type { HostStatus } from "../../feed.ts";
import { byId, setText } from "../dom.ts";
import { formatDuration } from "../format.ts";
import type { Panel, Screen } from "./screen.ts";

type Probation = NonNullable<HostStatus["probation"]>;

/** A set that is being watched: a bar that runs. What came of it stays until the next reload. */
export class ProbationPanel implements Panel {
  readonly #box = byId("probation", HTMLElement);
  readonly #text = byId("probation-text", HTMLElement);
  readonly #bar = byId("probation-bar", HTMLElement);
  #probation: Probation | null = null;

  update({ feed }: Screen): void {
    this.#probation = feed.status?.probation ?? null;
    this.tick(Date.now());
  }

  tick(now: number): void {
    const probation = this.#probation;
    // One that passed is no news.
    const isShown = probation !== null && probation.state !== "passed" && probation.state !== "ended";
    this.#box.hidden = !isShown;
    if (!isShown) return;
    const isRunning = probation.state === "running";
    this.#box.className = `probation ${isRunning ? "running" : "bad"}`;
    setText(this.#text, describe(probation, now));
    const share = (now - Date.parse(probation.startedAt)) / probation.watch;
    this.#bar.style.width = `${isRunning ? Math.min(100, share * 100) : 100}%`;
  }
}

function describe({ state, startedAt, watch, errors, maxErrors, reason }: Probation, now: number): string {
  if (state !== "running") return `The new set ${state}: ${reason ?? "for no given reason"}.`;
  const left = Math.max(0, Date.parse(startedAt) + watch - now);
  return `The new set is watched for another ${formatDuration(left)}: ${errors} of at most ${maxErrors} errors.`;
}
