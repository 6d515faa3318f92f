import type { ImportExpression } from "oxc-parser";
import { readModuleSyntax } from "../read/syntax/module-syntax.ts";
import type { SourceFile } from "../read/syntax/source-file.ts";
import { applyEdits, type Edit } from "../text-edits.ts";
import { type Erasure, NotErasable } from "./erase/erasure.ts";
import { requireNoFreeNames, requireSameProgram } from "./erase/same-program.ts";
import { DEFAULT, readStatements } from "./erase/statements.ts";
import { findTypes } from "./erase/walk.ts";
import { dynamicName, META, sectionNames, type ModuleCode, type ModuleImport } from "./module-code.ts";

/** A module whose code stands where it stands in the source: every line is there, and every column but few. */
export interface ErasedModule extends ModuleCode {
  /** A class of it has fields of which the project's settings say how they are defined. */
  readonly fields: boolean;
}

/** Of these endings; what else Bun runs is never plain JavaScript with types, or may be CommonJS. */
const endings = /(?:(?<!\.d)\.m?(ts)|\.m?(?:js))$/;

/**
 * What means something else in a script or in a section than in a module, wherever it stands: names that are made
 * up here, comments of HTML, comments that say where the code comes from, and line ends that only some count.
 */
const unusable = /__from\d+__|<!--|-->|[#@]\s*source(?:Mapping)?URL|^#!|\r(?!\n)|[\u2028\u2029\uFEFF]/;

/** What uses these without declaring them may be CommonJS, which only the bundler can tell. */
const commonJs = ["module", "exports"];

/**
 * Makes a module's JavaScript by leaving out its types. The result is compared with what Bun makes of the source. Throws
 * {@link NotErasable} for a module that the bundler has to compile, whether it can be kept apart or not.
 */
export function eraseTypes(source: SourceFile): ErasedModule {
  const { path, text } = source;
  const ending = endings.exec(path);
  if (ending === null) throw new NotErasable("neither TypeScript nor JavaScript by its name");
  if (sectionNames.test(text) || unusable.test(text)) throw new NotErasable("text that a section cannot have");
  const { errors, program: tree } = source.parse();
  if (errors.length > 0) throw new NotErasable("errors that the bundler reports");
  const { declarations } = readModuleSyntax(tree);
  const typescript = ending[1] !== undefined;
  const erasure = findTypes(tree, text);
  const { imports, exports, edits, typeEdits } = readStatements(
    tree,
    erasure,
    (local) => !typescript || erasure.names.has(local),
    (local) => !typescript || declarations.has(local),
  );
  requireConstantImports(erasure, imports);
  const program = typescript ? applyEdits(text, [...erasure.edits, ...typeEdits]) : text;
  requireSameProgram(typescript ? text : undefined, program);
  const free = commonJs.filter((name) => erasure.names.has(name) && !declarations.has(name));
  if (free.length > 0) requireNoFreeNames(free, program);
  if (exports.get("default") === DEFAULT && text.includes(DEFAULT)) throw new NotErasable("a name that is taken");
  const dynamic = erasure.dynamicImports.map(specifierOf);
  const body = applyEdits(text, [
    ...erasure.edits,
    ...edits,
    ...erasure.dynamicImports.map(({ start, end }, index): Edit => ({ start, end, text: `${dynamicName(index)}()` })),
    ...erasure.metas.map(({ start, end }): Edit => ({ start, end, text: META })),
    // Only the artifact can be what a process was started with.
    ...erasure.mains.map(({ start, end }): Edit => ({ start, end, text: "false" })),
  ]);
  return { body, imports, dynamic, exports, fields: typescript && erasure.fields };
}

/** Each is bound once in a section, and stays what it is. */
function requireConstantImports({ assigned, assignedMembers }: Erasure, imports: readonly ModuleImport[]): void {
  const locals = new Set<string>();
  for (const [name, local] of imports.flatMap(({ bindings }) => bindings)) {
    if (locals.has(local)) throw new NotErasable("two imports with one name");
    locals.add(local);
    if (assigned.has(local) || (name === "*" && assignedMembers.has(local))) {
      throw new NotErasable("an import that is assigned to");
    }
  }
}

function specifierOf({ source, options, phase }: ImportExpression): string {
  const known =
    source.type === "TemplateLiteral" && source.expressions.length === 0
      ? source.quasis[0]?.value.cooked
      : source.type === "Literal"
        ? source.value
        : undefined;
  if (typeof known !== "string" || options !== null || phase !== null) {
    throw new NotErasable("an import of what is only known at run time");
  }
  return known;
}
