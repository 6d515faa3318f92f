import { expect, test } from "bun:test";
import { wrap } from "../../src/vault/data/live-data.ts";
import { JobList, type JobContent } from "../../src/jobs/job-list.ts";

const content = (id: string): JobContent => ({ id, type: "live_note", data: wrap(id), every: undefined });

test("8.5 a job that is replaced or removed again and again takes no more room than those that wait", () => {
  const list = new JobList(() => {});
  for (const id of ["a", "b", "c"]) list.add(content(id), () => 0);
  for (let round = 0; round < 1000; round++) {
    list.add(content("again"), () => 1000 - round);
    list.add(content("gone"), () => 5000);
    list.remove("gone");
    expect(list.listed).toBeLessThan(2 * list.waiting.size + 66);
  }
  expect(list.take(1000, 10).map(({ id, due }) => [id, due])).toEqual([
    ["a", 0],
    ["b", 0],
    ["c", 0],
    ["again", 1],
  ]);
  expect(list.take(10_000, 10)).toEqual([]);
});
