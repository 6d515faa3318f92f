import { testsOf } from "../support/own-process.ts";

await testsOf(import.meta.resolve("./fault-matrix.alone.ts"));
