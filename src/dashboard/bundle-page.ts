import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A page as a browser gets it: one document, one script, one style sheet. */
export interface PageSource {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

const page = join(import.meta.dir, "page");

/**
 * Bundles the pages. It is a macro: it runs when the package is packed, a host is bundled, or a checkout is run, so an
 * installed package or a bundled host needs no source of the pages.
 */
export function bundlePage(): { readonly host: PageSource; readonly fleet: PageSource } {
  const style = bundle("style/page.css");
  return {
    host: { html: readFileSync(join(page, "index.html"), "utf8"), script: bundle("main.ts"), style },
    fleet: { html: readFileSync(join(page, "fleet.html"), "utf8"), script: bundle("fleet/main.ts"), style },
  };
}

/** In a process of its own: a macro may not call `Bun.build`. */
function bundle(entry: string): string {
  const flags = ["--target=browser", "--minify-whitespace", "--minify-syntax"];
  const { success, stdout, stderr } = Bun.spawnSync([process.execPath, "build", join(page, entry), ...flags], {
    env: { ...process.env, BUN_BE_BUN: "1" },
  });
  if (!success) throw new Error(`the dashboard's page could not be bundled: ${stderr.toString()}`);
  return stdout.toString();
}
