/** Numbers that look random and come again with the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, and without, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined && items.length === 0) throw new RangeError("there is nothing to pick from");
    return item as Item;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  text(length: number): string {
    return Array.from({ length }, () => this.pick(characters)).join("");
  }

  /** A few bytes changed, cut out, put in, or doubled. */
  damaged(bytes: Uint8Array): Buffer {
    let result = Buffer.from(bytes);
    for (let count = 1 + this.below(4); count > 0; count--) {
      const at = this.below(result.length + 1);
      const size = this.pick([1, 1, 2, 8, 64, 1024]);
      result = this.pick([
        () => Buffer.concat([result.subarray(0, at), this.bytes(Math.min(size, 64)), result.subarray(at + size)]),
        () => Buffer.concat([result.subarray(0, at), result.subarray(at + size)]),
        () => Buffer.concat([result.subarray(0, at), this.bytes(Math.min(size, 64)), result.subarray(at)]),
        () => Buffer.concat([result.subarray(0, at + size), result.subarray(at)]),
        () => result.subarray(0, at),
      ])();
    }
    return result;
  }

  /** Any JSON, or almost: what a field may hold that was meant to hold something else. */
  value(depth = 2): unknown {
    const scalars = [
      null,
      true,
      false,
      0,
      -1,
      1,
      0.5,
      2 ** 31,
      2 ** 53,
      1e308,
      "",
      "a",
      "__proto__",
      "constructor",
      "\0",
      "\u2028",
    ];
    if (depth === 0 || this.next() < 0.6) return this.next() < 0.8 ? this.pick(scalars) : this.text(this.below(20));
    const length = this.below(4);
    if (this.next() < 0.5) return Array.from({ length }, () => this.value(depth - 1));
    return Object.fromEntries(Array.from({ length }, () => [this.text(this.below(5)), this.value(depth - 1)]));
  }

  /** The value with something in it replaced, removed or added. */
  changed(value: unknown): unknown {
    if (typeof value !== "object" || value === null || this.next() < 0.2) return this.value();
    if (Array.isArray(value)) {
      const list: unknown[] = [...value];
      const at = this.below(list.length + 1);
      const [item] = list.splice(at, 1);
      if (this.next() < 0.8) list.splice(at, 0, this.changed(item));
      return list;
    }
    const entries = Object.entries(value);
    const at = this.below(entries.length + 1);
    const [[key, item] = [this.text(4), undefined]] = entries.splice(at, 1);
    if (this.next() < 0.8) entries.push([this.next() < 0.9 ? key : this.text(4), this.changed(item)]);
    return Object.fromEntries(entries);
  }
}

/** Those that something gives a meaning to. */
const characters = [
  ..."abcxyz019 _-.$'\"`\\/<>{}[]()*&;|#%?=:,!~@^+",
  "\n",
  "\r",
  "\t",
  "\0",
  "\u001B",
  "\u2028",
  "\u202E",
  "é",
  "漢",
  "👍",
  "\uD800",
];
