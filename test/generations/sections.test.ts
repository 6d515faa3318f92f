import { testsOf } from "../support/own-process.ts";

await testsOf(import.meta.resolve("./sections.alone.ts"));
