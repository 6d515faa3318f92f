import { type Fleet, type Head, isOver, type Rollout } from "../../src/fleet/index.ts";
import { askedToEnd } from "../frame/asked-to-end.ts";
import { isTerminal, print } from "../terminal/output.ts";
import { describeRollout } from "./wording.ts";

/** How often the store is asked, in ms. */
const POLL = 500;

/** In ms: how long members may take to run what was decided before their number is reported. */
const CATCH_UP = 10_000;

/** What a command shows: for programs, and for people, who also see where the fleet stands. */
export interface Shown {
  readonly answer: unknown;
  readonly text: string;
  readonly head: Head;
}

/** Shows it now and whenever it changed, until the process is asked to end. Resolves to the exit code. */
export async function follow(look: () => Promise<Shown>, json: boolean): Promise<number> {
  const stop = new AbortController();
  const asked = askedToEnd().then(() => stop.abort());
  for (let before = ""; !stop.signal.aborted; await Promise.race([Bun.sleep(POLL), asked])) {
    const { answer, text, head } = await look();
    // On a terminal times are counted; elsewhere it is shown again when something happened.
    const live = !json && isTerminal("stdout");
    const now = live ? text : withoutTimes(json ? answer : [answer, head]);
    if (now === before) continue;
    before = now;
    if (live) process.stdout.write(CLEAR);
    await print(json ? `${JSON.stringify(answer)}\n` : `${text}\n`);
  }
  return 0;
}

/** A terminal's whole screen is written again. */
const CLEAR = "\u001B[H\u001B[J";

/** What changes by itself. */
const TIMES: ReadonlySet<string> = new Set(["now", "lease"]);

function withoutTimes(shown: unknown): string {
  return JSON.stringify(shown, (key, value: unknown) => (TIMES.has(key) ? undefined : value));
}

/** What came of a rollout, and how many of the members that are alive run its release. */
export interface Outcome {
  readonly rollout: Rollout;
  readonly running: number;
  readonly alive: number;
}

/** Waits until a rollout is over, and looks after it meanwhile: there may be no member left to do so. */
export async function untilOver(fleet: Fleet, begun: Rollout, say: (line: string) => Promise<void>): Promise<Outcome> {
  let rollout = begun;
  for (let before = ""; ; await Bun.sleep(POLL)) {
    const line = describeRollout(rollout);
    if (line !== before && !isOver(rollout)) await say(line);
    before = line;
    if (isOver(rollout)) break;
    await fleet.tend();
    rollout = (await fleet.rollout(begun.id)) ?? rollout;
  }
  for (const end = performance.now() + CATCH_UP; ; await Bun.sleep(POLL / 5)) {
    const alive = (await fleet.status()).members.filter((member) => member.alive);
    const running = alive.filter(({ runs }) => runs === rollout.release).length;
    if (rollout.state.is !== "committed" || running === alive.length || performance.now() > end) {
      return { rollout, running, alive: alive.length };
    }
  }
}
