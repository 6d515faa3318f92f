import { dirname, extname, join } from "node:path";

/*
 * Where the package's own code lies. A checkout runs from src/, an installed package from dist/, where all files lie
 * side by side: this file is at the top of both.
 */

/** The folder of the package's own code. */
export const ownFolder = import.meta.dir;

/** The folder of the package, with its manifest. */
export const packageFolder = dirname(ownFolder);

/** The file that the code of a plugin's worker begins with. */
export const workerEntrance =
  extname(import.meta.path) === ".ts" ? join(ownFolder, "load", "worker-bridge.ts") : join(ownFolder, "worker.js");

/** The file that `import "hotswap"` means. */
export const ownEntrance = join(ownFolder, `index${extname(import.meta.path)}`);
