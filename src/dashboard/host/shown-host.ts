import {
  explainedOf,
  generationsOf,
  metricsOf,
  planOf,
  reloadOf,
  reloadsOf,
  statusOf,
  vaultKeysOf,
  vaultValueOf,
} from "../../control/answers.ts";
import type { ControlClient } from "../../control/client.ts";
import { Feed } from "../../control/feed.ts";
import type { ControlEvent } from "../../control/protocol.ts";
import type { HostTarget } from "../../reload/host-target.ts";

/** The host that a dashboard shows: another process, through its control socket, or this one. */
export type ShownHost = Pick<
  ControlClient,
  | "status"
  | "plan"
  | "generations"
  | "reloads"
  | "metrics"
  | "explain"
  | "vaultKeys"
  | "vaultValue"
  | "reload"
  | "rollback"
  | "events"
>;

/** This process as a dashboard sees it: it returns what its control socket would send. */
export function ownHost({ swapper, reload, rollback }: HostTarget): ShownHost {
  const feed = new Feed(swapper);
  return {
    status: async () => statusOf(swapper),
    plan: () => planOf(swapper, false),
    generations: async () => generationsOf(swapper),
    reloads: async () => reloadsOf(swapper),
    metrics: async () => metricsOf(swapper),
    explain: (plugin, number) => explainedOf(swapper, plugin, number),
    vaultValue: async (key) => vaultValueOf(swapper, key),
    vaultKeys: async () => vaultKeysOf(swapper),
    reload: async () => reloadOf(await reload()),
    rollback: async () => reloadOf(await rollback()),
    events: (signal) => readLines(feed.open("lines"), signal),
  };
}

/** The stream's chunks, each of which is one event. */
async function* readLines(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ControlEvent, void> {
  const reader = body.getReader();
  const stop = (): void => void reader.cancel();
  signal?.addEventListener("abort", stop);
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      yield JSON.parse(new TextDecoder().decode(chunk.value)) as ControlEvent;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}
