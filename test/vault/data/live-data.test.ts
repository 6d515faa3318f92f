import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { registerLiveTypes } from "../../../src/vault/types/registry.ts";
import { LiveData, wrap } from "../../../src/vault/data/live-data.ts";
import type { LiveType } from "../../../src/vault/live-type.ts";
import { expectSameValue } from "../codec/same-value.ts";
import { tangledValue } from "../codec/values.ts";

class Mail {
  to = "";
  text = "hello";
  parts: unknown[] = [];
}

class NewerMail {
  static version = 2;
  static migrations = { 1: (old: { to: string }): object => ({ ...old, receivers: [old.to] }) };
  receivers: string[] = [];
  text = "";
  urgent = false;
  parts: unknown[] = [];
}

registerLiveTypes(new Map([["Live_Mail", Mail]]));
const vault = (...entries: [string, LiveType][]) => ({ liveTypes: new Map(entries) });
const throughJson = (data: LiveData): LiveData => LiveData.from(JSON.parse(JSON.stringify({ data })).data);

test("8.3 every storable value comes back from live data, also through JSON", () => {
  fc.assert(
    fc.property(tangledValue(), (value) => {
      const data = wrap(value);
      expectSameValue(data.unwrap(), value);
      expectSameValue(throughJson(data).unwrap(), value);
    }),
    { numRuns: 100 },
  );
});

test("8.3 live data is independent of the original, and of what was unwrapped", () => {
  const value = { list: [1] };
  const data = wrap(value);
  value.list.push(2);
  (data.unwrap() as typeof value).list.push(3);
  expect(data.unwrap()).toEqual({ list: [1] });
  expect(Object.isFrozen(data)).toBe(true);
  expect(Object.isFrozen(wrap(5))).toBe(true);
});

test("8.3 an instance comes back as the class of the vault, or as its fields", () => {
  const mail = Object.assign(new Mail(), { to: "bob", parts: [new Mail()] });
  const data = throughJson(wrap([mail]));
  expectSameValue(data.unwrap(), [{ to: "bob", text: "hello", parts: [{ to: "", text: "hello", parts: [] }] }]);
  expectSameValue(data.unwrap(vault(["Live_Mail", Mail])), [mail]);
  expect(data.unwrap(vault(["Live_Mail", NewerMail]))).toEqual([
    Object.assign(new NewerMail(), {
      receivers: ["bob"],
      text: "hello",
      parts: [Object.assign(new NewerMail(), { receivers: [""], text: "hello" })],
    }),
  ]);
  expect(() => data.unwrap(vault(["Live_Male", Mail]))).toThrow(
    expect.objectContaining({ code: "HOTSWAP_MIGRATION_FAILED" }),
  );
});

test("8.3 unwrapAs takes what the class has, drops what it lacks, keeps what the data lacks", () => {
  const data = wrap({ to: "bob", extra: 1, urgent: true });
  expectSameValue(data.unwrapAs(Mail), Object.assign(new Mail(), { to: "bob" }));
  expectSameValue(data.unwrapAs(NewerMail), Object.assign(new NewerMail(), { urgent: true }));
});

test("8.3 unwrapAs migrates an instance, also where it refers to itself", () => {
  const mail = Object.assign(new Mail(), { to: "bob" });
  mail.parts.push(mail);
  const newer = throughJson(wrap(mail)).unwrapAs(NewerMail);
  expect(newer).toBeInstanceOf(NewerMail);
  expect(newer.receivers).toEqual(["bob"]);
  expect(newer.parts).toEqual([newer]);
});

test("8.3 unwrapAs refuses data without fields and classes that need arguments", () => {
  class Strict {
    name: string;
    constructor(options: { name: string }) {
      this.name = options.name;
    }
  }
  for (const value of [5, [1], new Map(), null]) {
    expect(() => wrap(value).unwrapAs(Mail)).toThrow(
      /cannot be unwrapped as Mail: it holds .*, not an object with fields/,
    );
  }
  expect(() => wrap({ name: "x" }).unwrapAs(Strict)).toThrow(/^new Strict\(\) failed: .*without arguments/);
});

test("8.3 what cannot be stored cannot be wrapped, and the path says where it is", () => {
  expect(() => wrap({ jobs: [() => 0] })).toThrow("value.jobs[0]: a function cannot be stored");
});

test("8.3 live data within live data", () => {
  const inner = wrap([1]);
  const outer = throughJson(wrap({ inner })).unwrap() as { inner: LiveData };
  expect(outer.inner).toBeInstanceOf(LiveData);
  expect(outer.inner.unwrap()).toEqual([1]);
});

test("8.3 the text form is the one that earlier versions wrote", () => {
  const value = {
    list: [1, undefined, -0, 5n, Number.NaN],
    map: new Map([["k", new Date(0)]]),
    mail: new Mail(),
    bytes: new Uint8Array([1]),
  };
  const text =
    `{"liveData":1,"content":[{"list":[1],"map":[2],"mail":[3],"bytes":[4]},["array",1,[-1],[-5],[-6,"5"],[-2]],["map","k",[5]],` +
    `["live","Live_Mail",1,{"to":"","text":"hello","parts":[6]}],["Uint8Array",[7],0,1],["date",0],["array"],["bytes","AQ=="]]}`;
  expect(wrap(value).toJSON()).toBe(text);
  expectSameValue(LiveData.from(text).unwrap(vault(["Live_Mail", Mail])), value);
});

const notLiveData: unknown[] = [
  undefined,
  5,
  "",
  "{}",
  "[]",
  `{"liveData":2,"content":1}`,
  `{"liveData":1}`,
  `{"liveData":1,"content":[]}`,
  `{"liveData":1,"content":[1]}`,
  `{"liveData":1,"content":{"a":1}}`,
  `{"liveData":1,"content":[{"a":[7]}]}`,
  `{"liveData":1,"content":[{"a":[0.5]}]}`,
  `{"liveData":1,"content":[{"a":{}}]}`,
  `{"liveData":1,"content":[["nonsense"]]}`,
  `{"liveData":1,"content":[["live"]]}`,
  `{"liveData":1,"content":[["url","no url"]]}`,
  `{"liveData":1,"content":[["regexp","(","",0]]}`,
  `{"liveData":1,"content":[["Uint8Array",[0],0,1]]}`,
  `{"liveData":1,"content":[["Uint8Array",[1],0,1e12],["bytes","AQ=="]]}`,
  `{"liveData":1,"content":[["sparse",-1]]}`,
  `{"liveData":1,"content":[["bytes","***"]]}`,
  `{"liveData":1,"content":[-6,"no number"]}`,
];

test.each(notLiveData)("8.3 LiveData.from refuses %p", (json) => {
  expect(() => LiveData.from(json)).toThrow(
    expect.objectContaining({ code: "HOTSWAP_NOT_SERIALIZABLE", message: "this is not live data in JSON form" }),
  );
});
