import { readFileSync } from "node:fs";
import { decodeArtifact } from "../../src/artifact/decode.ts";

/* A process that reads one artifact over and over until it is told to stop, and answers what it saw. */

const file = process.argv.at(-1) ?? "";
const hashes = new Set<string>();
const failures: string[] = [];

function read(): void {
  try {
    hashes.add(decodeArtifact(readFileSync(file), file).hash);
  } catch (error) {
    failures.push(String(error));
  }
}

read();
const timer = setInterval(read, 0);
process.once("message", () => {
  clearInterval(timer);
  read();
  process.send?.({ seen: hashes.size, failures });
  process.disconnect?.();
});
process.send?.("ready");
