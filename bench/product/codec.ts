// The codec in its process: `codec.ts ROUNDS` prints ns by shape, direction and way, one for each round, as JSON. What a way cannot carry, or
// brings back as something else, is left out.
import { deserialize, serialize } from "bun:jsc";
import { parse as parseDevalue, stringify as stringifyDevalue } from "devalue";
import { do_not_optimize, measure } from "mitata";
import { parse as parseSuperjson, stringify as stringifySuperjson } from "superjson";
import { decode, noTypes } from "../../src/vault/codec/decode.ts";
import { encode } from "../../src/vault/codec/encode.ts";
import { fromText, toText } from "../../src/vault/codec/text.ts";
import { alternate } from "../harness/statistics.ts";

const rounds = Number(process.argv[2]);

const player = (id: number) => ({ id, name: `player ${id}`, x: id * 1.5, y: -id, alive: id % 3 > 0, guild: null });

const shapes: Record<string, unknown> = {
  "a small object": player(7),
  "1,000 objects of 6 fields": Array.from({ length: 1000 }, (_, id) => player(id)),
  "a tree of 1,023 nodes": tree(9),
  "10,000 numbers": Array.from({ length: 10_000 }, (_, index) => index * 1.25),
  "1,000 texts": Array.from({ length: 1000 }, (_, index) => `the text "${index}" of a thousand, one line\n`),
  "a text of 100 KB": "0123456789 abcdef ".repeat(5690),
  "a Map of 1,000 entries": new Map(Array.from({ length: 1000 }, (_, id) => [`player ${id}`, { score: id }])),
  "Dates, Sets, bigints, undefined": Array.from({ length: 300 }, (_, id) => ({
    at: new Date(id * 1e9),
    tags: new Set(["a", id]),
    big: BigInt(id) ** 5n,
    none: undefined,
  })),
  "100,000 numbers as Float64Array": Float64Array.from({ length: 100_000 }, (_, index) => Math.sin(index)),
  "1 MB as Uint8Array": Uint8Array.from({ length: 2 ** 20 }, (_, index) => index * 31),
};

function tree(depth: number): object {
  return { depth, left: depth > 0 ? tree(depth - 1) : null, right: depth > 0 ? tree(depth - 1) : null };
}

interface Way {
  readonly name: string;
  readonly write: (value: unknown) => unknown;
  readonly read: (written: never) => unknown;
}

const ways: readonly Way[] = [
  {
    name: "hotswap, text",
    write: (value) => toText(encode(value, "value")),
    read: (text: string) => decode(fromText(text), noTypes, "value"),
  },
  { name: "devalue", write: (value) => stringifyDevalue(value), read: (text: string) => parseDevalue(text) },
  { name: "superjson", write: (value) => stringifySuperjson(value), read: (text: string) => parseSuperjson(text) },
  { name: "JSON", write: (value) => JSON.stringify(value), read: (text: string) => JSON.parse(text) },
  {
    name: "bun:jsc serialize",
    write: (value) => serialize(value),
    read: (bytes: SharedArrayBuffer) => deserialize(bytes),
  },
  {
    name: "hotswap, in memory",
    write: (value) => encode(value, "value"),
    read: (stored: ReturnType<typeof encode>) => decode(stored, noTypes, "value"),
  },
  // It makes the copy in one step, so its time stands in both directions.
  {
    name: "structuredClone",
    write: (value) => structuredClone(value),
    read: (value: unknown) => structuredClone(value),
  },
];

function carries(way: Way, value: unknown): boolean {
  try {
    return Bun.deepEquals(way.read(way.write(value) as never), value, true);
  } catch {
    return false;
  }
}

const result: Record<string, Record<string, { write: number[]; read: number[] }>> = {};
for (const [shape, value] of Object.entries(shapes)) {
  const subjects = ways
    .filter((way) => carries(way, value))
    .map((way) => ({ way, written: way.write(value), write: [] as number[], read: [] as number[] }));
  const time = async (call: () => unknown): Promise<number> =>
    (await measure(() => do_not_optimize(call()), { min_cpu_time: 10e6, max_samples: 10_000 })).p50;
  await alternate(subjects, rounds + 1, async ({ way, written, write, read }, round) => {
    const [writing, reading] = [await time(() => way.write(value)), await time(() => way.read(written as never))];
    if (round === 0) return;
    write.push(writing);
    read.push(reading);
  });
  result[shape] = Object.fromEntries(subjects.map(({ way, write, read }) => [way.name, { write, read }]));
}
process.stdout.write(JSON.stringify({ ways: ways.map(({ name }) => name), result }));
