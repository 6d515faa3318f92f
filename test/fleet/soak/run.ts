import { NO_FAULT } from "./faults.ts";
import type { StoreKind } from "./place.ts";
import { Random } from "./random.ts";
import { SoakFleet } from "./soak-fleet.ts";
import { Timeline } from "./timeline.ts";

export interface RunOptions {
  readonly rollouts: number;
  readonly members: number;
  readonly seed: number;
  readonly interval: number;
  readonly say: (line: string) => void;
}

/** Rolls again and again, each time with a fault. Returns what is wrong with the history. */
export async function soakFleet(
  kind: StoreKind,
  { rollouts, members, seed, interval, say }: RunOptions,
): Promise<string[]> {
  const random = new Random(seed);
  await using soak = await SoakFleet.start(kind, { members, random, interval, say });
  const timeline = new Timeline(soak.fleet);
  const ends = new Map<string, number>();
  for (let done = 0; done < rollouts; done++) {
    // Some without a fault, to be timed.
    const isPlain = done % 4 === 3;
    const fault = isPlain ? NO_FAULT : soak.randomFault();
    const strategy = isPlain ? {} : soak.randomStrategy();
    const rollout = await soak.rollout(fault, strategy);
    const end = `${rollout.state.is}${rollout.failure === undefined ? "" : `: ${rollout.failure.message.replaceAll(/\d+/g, "N")}`}`;
    ends.set(rollout.state.is, (ends.get(rollout.state.is) ?? 0) + 1);
    say(`${done + 1} ${fault.name}${strategy.steps === undefined ? "" : " (staged)"}: ${end}`);
    if (isPlain && rollout.state.is === "committed") await timeline.add(rollout);
    const problems = (done + 1) % 20 === 0 ? await soak.check() : [];
    if (problems.length > 0) return problems;
  }
  say(Array.from(ends, ([end, count]) => `${count} ${end}`).join(", "));
  say(timeline.summary());
  return await soak.check();
}
