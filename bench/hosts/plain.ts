// What one would write without any system: bundle in process, import under a new name.
import { join } from "node:path";
import { onChange } from "./shared/on-change.ts";
import { serve } from "./shared/serve-bun.ts";

interface Plugin {
  handle(): string;
}

const source = join(process.cwd(), "plugin");
const output = join(process.cwd(), "bundle");
let version = 0;

async function load(): Promise<Plugin> {
  const built = await Bun.build({ entrypoints: [join(source, "index.ts")], target: "bun", outdir: output });
  const file = built.outputs[0]?.path;
  if (file === undefined) throw new Error("nothing was built");
  return import(`${file}?v=${++version}`);
}

let current = await load();
serve(() => current.handle());
onChange(source, async () => {
  current = await load();
});
