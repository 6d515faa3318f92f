import { Bytes } from "./bytes.ts";
import { MalformedError, type Cell, type Row } from "./form.ts";
import { checkArray, checkTypedArray, refuseOwnProperties, type TypedArray } from "./own-properties.ts";
import { mapStep, propertyStep } from "./path.ts";
import { DISGUISED, Refusal } from "./refusal.ts";
import type { Kind, RowWriter } from "./kind.ts";
import { temporalKinds } from "./temporal-kinds.ts";

const byPrototype = new Map<object | null, Kind>();
const byTag = new Map<string, Kind>();

export function kindOf(prototype: object | null): Kind | undefined {
  return byPrototype.get(prototype);
}

export function kindTagged(tag: string): Kind | undefined {
  return byTag.get(tag);
}

/** Adds a kind. Its class must be the host's: what is stored is made anew by it. */
export function addKind(kind: Kind): void {
  byPrototype.set(kind.prototype, kind);
  byTag.set(kind.tag, kind);
}

addKind({
  tag: "null",
  prototype: null,
  encode: (value: object, writer) => ["null", writer.fields(value)],
  create: () => Object.create(null),
  fill: (object: object, row, reader) => reader.setFields(object, row[1]),
});

const arrayKind: Kind = {
  tag: "array",
  prototype: Array.prototype,
  encode(value: readonly unknown[], writer) {
    if (!Array.isArray(value)) throw new Refusal(DISGUISED);
    checkArray(value, writer.integrity);
    const row: [string, ...Cell[]] = ["array"];
    for (let index = 0; index < value.length; index++) {
      const element = value[index];
      if (element === undefined && !Object.hasOwn(value, index)) return encodeSparse(value, writer);
      row.push(writer.cell(element, elementStep, index));
    }
    return row;
  },
  create: () => [],
  fill(object: unknown[], row, reader) {
    for (let index = 1; index < row.length; index++) object.push(reader.value(row[index]));
  },
};
addKind(arrayKind);

/** An array with holes: its length, then pairs of index and cell. */
const sparseKind: Kind = {
  ...arrayKind,
  tag: "sparse",
  encode: encodeSparse,
  fill(object: unknown[], row, reader) {
    object.length = numberIn(row[1]);
    for (let place = 2; place < row.length; place += 2) object[numberIn(row[place])] = reader.value(row[place + 1]);
  },
};
byTag.set(sparseKind.tag, sparseKind);

function encodeSparse(value: readonly unknown[], writer: RowWriter): Row {
  const row: [string, ...Cell[]] = ["sparse", value.length];
  for (const key of Object.keys(value)) {
    const index = Number(key);
    row.push(index, writer.cell(value[index], elementStep, index));
  }
  return row;
}

addKind({
  tag: "map",
  prototype: Map.prototype,
  encode(value: ReadonlyMap<unknown, unknown>, writer) {
    refuseOwnProperties(value);
    const row: [string, ...Cell[]] = ["map"];
    Map.prototype.forEach.call(value, (content, key) => {
      const place = (row.length - 1) / 2;
      const keyCell = writer.cell(key, mapKeyStep, place);
      row.push(keyCell, writer.cell(content, mapValueStep, [keyCell, place] as const));
    });
    return row;
  },
  create: () => new Map(),
  fill(object: Map<unknown, unknown>, row, reader) {
    for (let place = 1; place < row.length; place += 2)
      object.set(reader.value(row[place]), reader.value(row[place + 1]));
  },
});

addKind({
  tag: "set",
  prototype: Set.prototype,
  encode(value: ReadonlySet<unknown>, writer) {
    refuseOwnProperties(value);
    const row: [string, ...Cell[]] = ["set"];
    Set.prototype.forEach.call(value, (content) => {
      row.push(writer.cell(content, setStep, row.length - 1));
    });
    return row;
  },
  create: () => new Set(),
  fill(object: Set<unknown>, row, reader) {
    for (let place = 1; place < row.length; place++) object.add(reader.value(row[place]));
  },
});

addKind({
  tag: "date",
  prototype: Date.prototype,
  encode(value: Date) {
    refuseOwnProperties(value);
    const time = Date.prototype.getTime.call(value);
    return ["date", Number.isNaN(time) ? null : time];
  },
  create: (row) => new Date(row[1] === null ? Number.NaN : numberIn(row[1])),
});

addKind({
  tag: "regexp",
  prototype: RegExp.prototype,
  encode(value: RegExp, writer) {
    refuseOwnProperties(value, "lastIndex");
    const lastIndex: unknown = value.lastIndex;
    if (typeof lastIndex !== "number")
      throw new Refusal("a lastIndex that is not a number cannot be stored", ".lastIndex");
    if (Object.getOwnPropertyDescriptor(value, "lastIndex")?.writable !== (writer.integrity !== "frozen"))
      throw new Refusal("a property that was made read-only by itself cannot be stored", ".lastIndex");
    writer.count(value.source.length);
    return ["regexp", value.source, value.flags, writer.cell(lastIndex, propertyStep, "lastIndex")];
  },
  create(row, reader) {
    const expression = new RegExp(textIn(row[1]), textIn(row[2]));
    expression.lastIndex = numberIn(reader.value(row[3]));
    return expression;
  },
});

addKind({
  tag: "url",
  prototype: URL.prototype,
  encode(value: URL, writer) {
    refuseOwnProperties(value);
    writer.count(value.href.length);
    return ["url", value.href];
  },
  create: (row) => new URL(textIn(row[1])),
});

addKind({
  tag: "search",
  prototype: URLSearchParams.prototype,
  encode(value: URLSearchParams, writer) {
    refuseOwnProperties(value);
    const text = URLSearchParams.prototype.toString.call(value);
    writer.count(text.length);
    return ["search", text];
  },
  create: (row) => new URLSearchParams(textIn(row[1])),
});

addKind({
  tag: "bytes",
  prototype: ArrayBuffer.prototype,
  encode(value: ArrayBuffer, writer) {
    refuseOwnProperties(value);
    refuseUnsteady(value);
    writer.count(value.byteLength);
    return ["bytes", Bytes.copyOf(new Uint8Array(value))];
  },
  create: (row) => Bytes.in(row[1]).copy().buffer,
});

/** A Buffer is stored by itself, for most of them are small views of a large pool that holds other people's bytes. */
addKind({
  tag: "buffer",
  prototype: Buffer.prototype,
  encode(value: Buffer, writer) {
    checkView(value, "Uint8Array");
    refuseUnsteady(value.buffer);
    writer.count(value.byteLength);
    return ["buffer", Bytes.copyOf(value)];
  },
  create: (row) => Buffer.from(Bytes.in(row[1]).copy().buffer),
});

for (const View of [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
]) {
  const tag = View.name;
  addKind({
    tag,
    prototype: View.prototype,
    encode(value: InstanceType<typeof View>, writer) {
      if (!(value instanceof DataView)) checkView(value, tag);
      else refuseOwnProperties(value);
      const length = value instanceof DataView ? value.byteLength : value.length;
      return [tag, writer.cell(value.buffer, propertyStep, "buffer"), value.byteOffset, length];
    },
    create(row, reader) {
      const buffer = reader.value(row[1]);
      if (!(buffer instanceof ArrayBuffer)) throw new MalformedError(`${tag} without a buffer`);
      return Reflect.construct(View, [buffer, numberIn(row[2]), numberIn(row[3])]);
    },
  });
}

for (const kind of temporalKinds) addKind(kind);

/** Throws a {@link Refusal} for a typed array of another class than its prototype says, or with properties. */
function checkView(value: TypedArray, className: string): void {
  if (value[Symbol.toStringTag] !== className) throw new Refusal(DISGUISED);
  checkTypedArray(value);
}

function refuseUnsteady(value: ArrayBufferLike): void {
  if (value instanceof SharedArrayBuffer) throw new Refusal("a SharedArrayBuffer cannot be stored");
  if (value.resizable) throw new Refusal("a resizable ArrayBuffer cannot be stored");
  if (value.detached) throw new Refusal("an ArrayBuffer that was transferred cannot be stored");
}

const elementStep = (index: number) => `[${index}]`;
const mapKeyStep = (place: number) => `.keys()[${place}]`;
const mapValueStep = ([key, place]: readonly [Cell, number]) => mapStep(key, place);
const setStep = (place: number) => `.values()[${place}]`;

function numberIn(content: unknown): number {
  if (typeof content !== "number") throw new MalformedError(`a number is missing: ${Bun.inspect(content)}`);
  return content;
}

function textIn(content: unknown): string {
  if (typeof content !== "string") throw new MalformedError(`a text is missing: ${Bun.inspect(content)}`);
  return content;
}
