import * as fc from "fast-check";

/** How one module imports another one. */
const forms = [
  "name",
  "other name",
  "namespace",
  "side effects",
  "default",
  "function",
  "export name",
  "export all",
  "export as",
  "later",
  "type",
  "changing",
] as const;

type Form = (typeof forms)[number];

interface RandomImport {
  /** Index of a module. */
  readonly to: number;
  readonly form: Form;
}

interface RandomModule {
  readonly present: boolean;
  readonly version: number;
  readonly imports: readonly RandomImport[];
  /** Has something that nobody need import. */
  readonly live: boolean;
  /** Is more than JavaScript with types. */
  readonly language: "plain" | "enum" | "class";
  readonly throws: boolean;
}

/** A plugin of some modules, of which the first is the root. */
export interface RandomPlugin {
  readonly modules: readonly RandomModule[];
  /** No module imports itself, through others or not. */
  readonly acyclic: boolean;
}

const MODULES = 6;

function randomModule(): fc.Arbitrary<RandomModule> {
  const often = <Value>(usual: Value, rare: Value, weight: number): fc.Arbitrary<Value> =>
    fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant(rare) });
  const form = fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...forms.slice(0, -1)) },
    { weight: 1, arbitrary: fc.constant("changing" as const) },
  );
  return fc.record({
    present: often(true, false, 30),
    version: fc.nat(99),
    imports: fc.array(fc.record({ to: fc.nat(MODULES - 1), form }), { maxLength: 4 }),
    live: often(false, true, 3),
    language: fc.constantFrom("plain", "plain", "enum", "class"),
    throws: often(false, true, 60),
  });
}

/** A plugin, and what becomes of it: each edit replaces one module. */
export function randomHistory(edits: number): fc.Arbitrary<RandomPlugin[]> {
  return fc
    .record({
      acyclic: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      modules: fc.array(randomModule(), { minLength: MODULES, maxLength: MODULES }),
      edits: fc.array(fc.record({ index: fc.nat(MODULES - 1), module: randomModule() }), { maxLength: edits }),
    })
    .map(({ acyclic, modules, edits: all }) => {
      const plugins: RandomPlugin[] = [{ acyclic, modules }];
      for (const { index, module } of all) {
        const before = plugins.at(-1)?.modules ?? modules;
        plugins.push({ acyclic, modules: before.with(index, module) });
      }
      return plugins;
    });
}

/** The files of a plugin by their names; what is `undefined` is not there. */
export function randomFiles(plugin: RandomPlugin): Record<string, string | undefined> {
  const modules = plugin.modules.map((module, index) => {
    const imports = plugin.acyclic ? module.imports.filter(({ to }) => to > index) : module.imports;
    return [fileOf(index), module.present || index === 0 ? code(index, { ...module, imports }) : undefined] as const;
  });
  return { "seen.ts": "export const seen: unknown[] = [];\n", ...Object.fromEntries(modules) };
}

function fileOf(index: number): string {
  return index === 0 ? "index.ts" : `m${index}.ts`;
}

function code(index: number, { version, imports, live, language, throws }: RandomModule): string {
  const lines = [`import { seen } from "./seen";`];
  /** What a call of the module's function reads. */
  const reads: string[] = [];
  for (const [position, { to, form }] of imports.entries()) {
    const local = `i${position}`;
    const from = `from "./${fileOf(to).replace(".ts", "")}";`;
    switch (form) {
      case "name":
        lines.push(`import { v${to} as ${local} } ${from}`);
        reads.push(local);
        break;
      case "other name":
        lines.push(`import { "odd ${to}" as ${local} } ${from}`);
        reads.push(local);
        break;
      case "namespace":
        lines.push(`import * as ${local} ${from}`);
        reads.push(`Object.keys(${local})`, `${local}.v${to}`, `${local}.count${to}`);
        break;
      case "side effects":
        lines.push(`import "./${fileOf(to).replace(".ts", "")}";`);
        break;
      case "default":
        lines.push(`import ${local} ${from}`);
        reads.push(`typeof ${local}`);
        break;
      case "function":
        lines.push(`import { f${to} as ${local} } ${from}`);
        reads.push(`depth > 0 ? ${local}(depth - 1) : 0`);
        break;
      case "export name":
        lines.push(`export { v${to} as r${index}_${position} } ${from}`);
        break;
      case "export all":
        lines.push(`export * ${from}`);
        break;
      case "export as":
        lines.push(`export * as a${index}_${position} ${from}`);
        break;
      case "later":
        reads.push(
          `import("./${fileOf(to).replace(".ts", "")}").then((late) => late.v${to}, (error) => error.message.split(" imported from ")[0])`,
        );
        break;
      case "type":
        lines.push(
          `import type { T${to} as ${local.toUpperCase()} } ${from}`,
          `export type U${position} = ${local.toUpperCase()};`,
        );
        break;
      case "changing":
        lines.push(`import { count${to} as ${local}, bump${to} as bump${local} } ${from}`);
        reads.push(`bump${local}()`, local);
        break;
      default:
        form satisfies never;
    }
  }
  if (language === "enum") lines.push(`export enum E${index} { A = ${version}, B }`);
  if (language === "class")
    lines.push(
      `export class C${index}<T> { constructor(readonly value: T) {} }`,
      `seen.push(new C${index}<number>(${version}).value);`,
    );
  lines.push(
    `export type T${index} = number;`,
    `export const v${index}: T${index} = ${version};`,
    `export let count${index} = ${version};`,
    `export const bump${index} = (): number => ++count${index};`,
    `const odd = [${version}] as const;`,
    `export { odd as "odd ${index}" };`,
    `export function f${index}(depth: number): unknown[] { return [${reads.join(", ")}]; }`,
    `seen.push("m${index} ${version}");`,
  );
  if (live) lines.push(`export const live_${index} = () => v${index};`);
  if (throws) lines.push(`throw new Error("m${index}");`);
  if (index > 0) return [...lines, `export default function () { return v${index}; }`, ""].join("\n");
  const result = `export const result = async () => [[...seen], await settled(f0(2)), seen];`;
  const settled = `const settled = async (value: unknown): Promise<unknown> => { const known = await value; return Array.isArray(known) ? Promise.all(known.map(settled)) : known; };`;
  return [
    ...lines,
    settled,
    result,
    `import { definePlugin } from "hotswap";`,
    `export default definePlugin({});`,
    "",
  ].join("\n");
}
