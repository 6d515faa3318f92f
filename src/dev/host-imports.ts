import { importsOf } from "../build/compile/inputs.ts";
import { isInPackage } from "../build/read/resolve.ts";

/** The files, and whatever they import that belongs to neither a package nor a plugin. */
export function closure(starts: Iterable<string>, isPlugin: (file: string) => boolean): Set<string> {
  const found = new Set<string>();
  const left = Array.from(starts);
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    for (const imported of importsOf(file)) {
      if (!isInPackage(imported) && !isPlugin(imported)) left.push(imported);
    }
  }
  return found;
}
