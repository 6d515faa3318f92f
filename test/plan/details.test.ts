import { expect, test } from "bun:test";
import { ReloadDetails, summary } from "../../src/plan/details.ts";
import type { ReloadNote } from "../../src/link/note.ts";

function detailsOf(count: number, notes: Readonly<Record<number, ReloadNote>>): ReloadDetails {
  return new ReloadDetails(Array.from({ length: count }, (_, index) => [`p${index}`, notes[index] ?? "unchanged"]));
}

test("the log tells every note of a small set, and says of an empty one that it has no plugins", () => {
  const details = detailsOf(20, { 3: "ok" });
  expect(summary(details)).toBe(String(details));
  expect(summary(detailsOf(0, {}))).toBe("no plugins");
});

test("of a large set the log names what is not unchanged, and counts the rest", () => {
  const details = detailsOf(5000, { 3: "ok", 77: "relinked", 4999: "removed" });
  expect(summary(details)).toBe("p3: ok, p77: relinked, p4999: removed, 4997 unchanged");
  expect(summary(detailsOf(5000, {}))).toBe("5000 unchanged");
});

test("where much changed the log names the first twenty", () => {
  const notes = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index, index < 90 ? "ok" : "relinked"]));
  const named = Array.from({ length: 20 }, (_, index) => `p${index}: ok`).join(", ");
  expect(summary(detailsOf(150, notes as Record<number, ReloadNote>))).toBe(
    `${named}, 70 ok, 10 relinked, 50 unchanged`,
  );
});
