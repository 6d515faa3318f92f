import manifest from "../../package.json" with { type: "json" };

/** What `hotswap --version` prints. */
export function versions(): string {
  return `hotswap ${manifest.version}, Bun ${Bun.version}\n`;
}
