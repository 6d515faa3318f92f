// An HTTP load in a process of its own: `load.ts ADDRESS MILLISECONDS CONNECTIONS PACE` prints the latencies in ms as
// JSON. With a PACE (ms) each connection sends one request every PACE ms; with 0 the next as soon as it is answered.
import { argv } from "node:process";

const [address = "", ...numbers] = argv.slice(2);
const [duration = 0, connections = 0, pace = 0] = numbers.map(Number);
const latencies: number[] = [];
const end = performance.now() + duration;

async function connection(index: number): Promise<void> {
  let due = performance.now() + (pace * index) / connections;
  while (due < end) {
    if (pace > 0) await Bun.sleep(Math.max(0, due - performance.now()));
    const start = performance.now();
    const response = await fetch(address);
    await response.text();
    if (!response.ok) throw new Error(`${address} answered ${response.status}`);
    latencies.push(performance.now() - start);
    due = pace > 0 ? due + pace : performance.now();
  }
}

await Promise.all(Array.from({ length: connections }, (_, index) => connection(index)));
process.stdout.write(JSON.stringify(latencies));
