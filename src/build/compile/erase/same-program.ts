import { NotErasable } from "./erasure.ts";

/** What stands for names of CommonJS that a module does not declare. */
const FREE = "__hotswap_free__";

const free = Object.fromEntries(["require", "__dirname", "__filename"].map((name) => [name, FREE]));

interface Transpilers {
  /** Leaves out imports that are not used, as they may be types. */
  readonly typescript: Bun.Transpiler;
  readonly javascript: Bun.Transpiler;
  /** Leaves out imports that are not used. */
  readonly trimming: Bun.Transpiler;
}

let transpilers: Transpilers | undefined;

/** Nothing else is left out, and nothing computed in advance. */
function createTranspilers(): Transpilers {
  const common = {
    target: "bun",
    deadCodeElimination: false,
    inline: false,
    minifyWhitespace: true,
    define: free,
  } as const;
  return {
    typescript: new Bun.Transpiler({ ...common, loader: "ts", trimUnusedImports: true }),
    javascript: new Bun.Transpiler({ ...common, loader: "js", trimUnusedImports: false }),
    trimming: new Bun.Transpiler({ ...common, loader: "js", trimUnusedImports: true }),
  };
}

/**
 * Makes sure that `erased` is what Bun makes of a module: both are transpiled, and must come out the same. Throws
 * {@link NotErasable} when they do not, when one is wrong, and when the module uses what a module of CommonJS has.
 *
 * @param typescript the module's source, or `undefined` when that is `erased`
 */
export function requireSameProgram(typescript: string | undefined, erased: string): void {
  transpilers ??= createTranspilers();
  const program = transpile(transpilers.javascript, erased);
  if (program.includes(FREE)) throw new NotErasable("names of CommonJS");
  if (typescript !== undefined && transpile(transpilers.typescript, typescript) !== program) {
    throw new NotErasable("types that are more than types");
  }
}

/**
 * Makes sure that none of `names` means something beyond the module, whose top level does not declare them. Throws
 * {@link NotErasable} when one does.
 */
export function requireNoFreeNames(names: readonly string[], program: string): void {
  transpilers ??= createTranspilers();
  // If something means the import, it stays.
  const result = transpile(transpilers.trimming, `import{${names.join(",")}}from"${FREE}";${program}`);
  if (result.includes(FREE)) throw new NotErasable("names of CommonJS");
}

function transpile(transpiler: Bun.Transpiler, text: string): string {
  try {
    return transpiler.transformSync(text);
  } catch {
    throw new NotErasable("errors that the bundler reports");
  }
}
