import { testsOf } from "../support/own-process.ts";

await testsOf(import.meta.resolve("./explain.alone.ts"));
