// Echoes over 32 sockets for some time (`socket-load.ts URL SECONDS`), and prints messages a second and their 99th percentile in ms.
import { argv } from "node:process";

const [url = "", seconds = "1"] = argv.slice(2);
const times: number[] = [];
const end = performance.now() + Number(seconds) * 1000;
await Promise.all(
  Array.from({ length: 32 }, async () => {
    const socket = new WebSocket(url.replace("http", "ws"));
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    while (performance.now() < end) {
      const start = performance.now();
      const answer = new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
      socket.send("hello");
      await answer;
      times.push(performance.now() - start);
    }
    socket.close();
  }),
);
times.sort((a, b) => a - b);
console.log(JSON.stringify({ rate: times.length / Number(seconds), p99: times[Math.floor(times.length * 0.99)] }));
process.exit(0);
