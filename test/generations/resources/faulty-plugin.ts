import { openers } from "./opener.ts";

/** What can go wrong in a step. */
export type Fault = "throws" | "rejects" | "hangs" | "opens everything and throws";

/** What the journal can say beside a {@link Fault}: the step succeeds, and everything that can be open is. */
export const OPENS = "opens everything";

/** The steps in which a plugin can fail. */
export const faultySteps = ["module", "reloadable", "export", "import", "onLoad", "onInit"] as const;

/** A module of a plugin that opens every kind of resource. */
const openAll = `
import { witness } from "../../witness";

const openers: Record<string, (key: string) => Promise<void>> = {
${Object.entries(openers)
  .map(([kind, code]) => `  ${JSON.stringify(kind)}: async (key) => { ${code} },`)
  .join("\n")}
};

export async function openAll(key: string): Promise<void> {
  await Promise.all(Object.entries(openers).map(([kind, open]) => open(kind + " " + key)));
}
`;

/** The key under which {@link faultyPlugin} opens a resource of this kind. */
export function faultyKey(kind: string, plugin: string, step: string): string {
  return `${kind} ${plugin} ${step}`;
}

/** The files of a plugin that does in each step what the host's journal says under `<name>.<step>`. */
export function faultyPlugin(name: string, deps: readonly string[], version: number): Record<string, string> {
  const slots = deps.map((dep) => `${dep}: dependency<{ version(): number }>("version")`).join(", ");
  return {
    [`plugin/${name}/open-all.ts`]: openAll,
    [`plugin/${name}/index.ts`]: `
import { definePlugin, dependency } from "hotswap";
import { wishes } from "../../journal";
import { openAll } from "./open-all";

const deps = { ${slots} };

function step(step: string): any {
  switch (wishes.get("${name}." + step)) {
    case "throws": throw new Error("fault");
    case "rejects": return Promise.reject(new Error("fault"));
    case "hangs": return new Promise(() => {});
    case "opens everything": return openAll("${name} " + step);
    case "opens everything and throws": {
      const opened = openAll("${name} " + step);
      // What must be synchronous fails while all of it is on its way.
      if (step === "reloadable" || step === "export" || step === "import") throw new Error("fault");
      return opened.then(() => { throw new Error("fault"); });
    }
  }
}

await step("module");

export default definePlugin({
  reloadable: () => step("reloadable") ?? true,
  export: () => step("export") ?? { version: () => ${version} },
  import: () => step("import") ?? deps,
  async onLoad() { await step("onLoad"); },
  async onInit(vault) {
    vault.dataBag.set("${name}", { version: ${version} });
    vault.dataBag.update("inits", (count: any) => count + 1, 0);
    await step("onInit");
  },
  functions: { versions: () => [${version}, ${deps.map((dep) => `deps.${dep}.version()`).join(", ")}] },
});
`,
  };
}

/** A plugin that stays, with every kind of resource open. */
export const steadyPlugin: Readonly<Record<string, string>> = {
  "plugin/steady/open-all.ts": openAll,
  "plugin/steady/index.ts": `
import { definePlugin } from "hotswap";
import { openAll } from "./open-all";
export default definePlugin({ onInit: () => openAll("steady onInit") });`,
};
