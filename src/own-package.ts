import { dirname, extname, join } from "node:path";

/*
 * Where the package's own code lies. A checkout runs from src/, an installed package from dist/, where all files lie
 * side by side: this file is at the top of both.
 */

/** The folder of the package's own code. */
export const ownFolder = import.meta.dir;

/** The folder of the package, with its manifest. */
export const packageFolder = dirname(ownFolder);

const isCheckout = extname(import.meta.path) === ".ts";

/** The file that the code of a plugin's worker begins with. */
export const workerEntrance = isCheckout ? join(ownFolder, "load", "worker-bridge.ts") : join(ownFolder, "worker.js");

/** The file of a process that builds, and ends. */
export const buildEntrance = isCheckout ? join(ownFolder, "build", "child", "child.ts") : join(ownFolder, "child.js");

/** The file that `import "hotswap"` means. */
export const ownEntrance = join(ownFolder, `index${extname(import.meta.path)}`);
