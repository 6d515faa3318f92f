import { isOver, type Fleet, type Rollout } from "../../src/fleet/index.ts";
import { isTerminal } from "../terminal/output.ts";
import { describeRollout } from "./wording.ts";

/** How often the store is asked, in ms. */
const POLL = 500;

/** How long members may take to run what was decided, before it is said how many do, in ms. */
const CATCH_UP = 10_000;

/** Shows it now and whenever it changed, until the process is ended. */
export async function follow(
  look: () => Promise<readonly [answer: unknown, text: string]>,
  json: boolean,
): Promise<never> {
  for (let before = ""; ; await Bun.sleep(POLL)) {
    const [answer, text] = await look();
    const now = json ? JSON.stringify(answer) : text;
    if (now === before) continue;
    before = now;
    if (json) process.stdout.write(`${now}\n`);
    else process.stdout.write(isTerminal("stdout") ? `\u001B[2J\u001B[H${text}` : `${text}\n`);
  }
}

/** What came of a rollout, and how many of the members that are alive run its release. */
export interface Outcome {
  readonly rollout: Rollout;
  readonly running: number;
  readonly alive: number;
}

/** Waits until a rollout is over, and looks after it meanwhile: there may be no member left to do so. */
export async function untilOver(fleet: Fleet, begun: Rollout, say: (line: string) => unknown): Promise<Outcome> {
  let rollout = begun;
  for (let before = ""; ; await Bun.sleep(POLL)) {
    const line = describeRollout(rollout);
    if (line !== before && !isOver(rollout)) say(line);
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
