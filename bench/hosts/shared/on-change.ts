import { watch } from "node:fs";

/**
 * Runs `react` after every change below `dir`, never twice at once. One write makes several events, which come together:
 * waiting for a turn of the event loop makes them one.
 *
 * @param react gets the time of the first event, in ms since the epoch
 */
export function onChange(dir: string, react: (event: number) => Promise<void>): void {
  let event: number | undefined;
  let running = false;

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    while (event !== undefined) {
      const first = event;
      event = undefined;
      try {
        await react(first);
      } catch (error) {
        // Perhaps a half-written file: the event of its completion follows.
        console.error(String(error));
      }
    }
    running = false;
  }

  watch(dir, { recursive: true }, () => {
    event ??= performance.timeOrigin + performance.now();
    setImmediate(run);
  });
}
