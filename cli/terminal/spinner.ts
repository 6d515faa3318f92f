import { visible } from "../../src/visible.ts";
import { isTerminal } from "./output.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** Milliseconds; what is done sooner shows no spinner. */
const PATIENCE = 200;

const INTERVAL = 80;

/** Shows on a terminal's stderr that something is going on, until `work` is done. */
export async function spinWhile<Result>(label: string, work: Promise<Result>): Promise<Result> {
  if (!isTerminal("stderr")) return work;
  let frame = 0;
  let timer = setTimeout(() => {
    timer = setInterval(() => {
      process.stderr.write(`\r${frames[frame++ % frames.length]} ${visible(label)}`);
    }, INTERVAL);
  }, PATIENCE);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    clearInterval(timer);
    if (frame > 0) process.stderr.write("\r\u001B[K");
  }
}
