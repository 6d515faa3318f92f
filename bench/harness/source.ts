/** Files by path, relative to a project's root. */
export type Files = Record<string, string>;

export type Language = "ts" | "js";

export interface PluginShape {
  /** How many modules the entry imports. */
  readonly modules: number;
  readonly language: Language;
  /** `true` for a plugin of hotswap, whose root module has a definition beside the plain export. */
  readonly definition: boolean;
}

/** The module that is edited: one in the middle. */
export function editedModule(shape: PluginShape): number {
  return shape.modules >> 1;
}

/** A plugin in `plugin/`: an entry that imports `modules` modules of about 1 KB each and uses all of them. */
export function pluginFiles(shape: PluginShape, mark: number): Files {
  const files: Files = { [`plugin/index.${shape.language}`]: entrySource(shape) };
  for (let index = 0; index < shape.modules; index++) {
    files[modulePath(shape, index)] = moduleSource(shape, index, index === editedModule(shape) ? mark : 0);
  }
  return files;
}

export function modulePath(shape: PluginShape, index: number): string {
  return `plugin/part${index}.${shape.language}`;
}

/**
 * `handle()` answers with the mark of the edited module, which it calls; it refers to all the others. It does not call them:
 * a system that answers while it reloads is asked more often than one that is silent, and then it would pay for that.
 */
function entrySource(shape: PluginShape): string {
  const indices = Array.from({ length: shape.modules }, (_, index) => index);
  const imports = indices.map((index) => `import { total as total${index} } from "./part${index}.${shape.language}";`);
  const edited = editedModule(shape);
  return `${shape.definition ? 'import { definePlugin } from "hotswap";\n' : ""}import { mark } from "./part${edited}.${shape.language}";
${imports.join("\n")}

const parts = [${indices.map((index) => `total${index}`).join(", ")}];

export function handle()${typed(shape, ": string")} {
  return mark + ":" + total${edited}(1) + " of " + parts.length;
}
${shape.definition ? "\nexport default definePlugin({ functions: { handle } });\n" : ""}`;
}

export function moduleSource(shape: PluginShape, index: number, mark: number): string {
  const number = typed(shape, ": number");
  const steps = Array.from(
    { length: 6 },
    (_, step) => `
/** Step ${step} of part ${index}. */
function step${step}(input${number})${number} {
  const scaled = input * ${index + step + 1};
  if (scaled > 1000) return scaled % 1000;
  return scaled + ${step};
}
`,
  );
  return `export const mark = ${mark};
${steps.join("")}
export function total(input${number})${number} {
  return step0(input) + step1(input) + step2(input) + step3(input) + step4(input) + step5(input);
}
`;
}

export interface Weight {
  /** How many functions the source has, of about 100 bytes each. */
  readonly functions: number;
  /** Bytes of state that are filled when the module is evaluated. */
  readonly state: number;
}

/**
 * A root module of some weight; 50 KB of source and 1 MiB of state unless set. `handle()` answers with `mark`, which
 * stands in the source as it is.
 */
export function heavyEntry(
  shape: Omit<PluginShape, "modules">,
  mark: string,
  weight: Weight = { functions: 500, state: 2 ** 20 },
): string {
  const number = typed(shape, ": number");
  const functions = Array.from(
    { length: weight.functions },
    (_, index) => `function work${index}(input${number})${number} {
  const scaled = input * ${index + 1};
  return scaled > 1000 ? scaled % 1000 : scaled + ${index};
}
`,
  );
  const table = Array.from({ length: weight.functions }, (_, index) => `work${index}`).join(", ");
  return `${shape.definition ? 'import { definePlugin } from "hotswap";\n' : ""}
const state = new Uint8Array(${weight.state}).fill(7);
${functions.join("")}
const table = [${table}];

export function handle()${typed(shape, ": string")} {
  let sum = state[1000] ?? 0;
  for (const work of table) sum += work(3);
  return "${mark}:" + sum;
}
${shape.definition ? "\nexport default definePlugin({ functions: { handle } });\n" : ""}`;
}

function typed(shape: Pick<PluginShape, "language">, annotation: string): string {
  return shape.language === "ts" ? annotation : "";
}
