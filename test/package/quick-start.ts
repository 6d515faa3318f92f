import { join } from "node:path";

/** The README's quick start, taken apart. */
export interface QuickStart {
  /** Content by path, of every code block that names a file. */
  readonly files: Readonly<Record<string, string>>;
  /** The lines of the block of shell commands. */
  readonly commands: readonly string[];
}

export async function readQuickStart(): Promise<QuickStart> {
  const readme = await Bun.file(join(import.meta.dir, "..", "..", "README.md")).text();
  const [, section] = /<!-- quick start -->\n([^]*?)<!-- \/quick start -->/.exec(readme) ?? [];
  if (section === undefined) throw new Error("the README has no section between quick start markers");
  const files: Record<string, string> = {};
  const commands: string[] = [];
  for (const [, language, name = "", content = ""] of section.matchAll(/^```(\w+) (\S+)\n([^]*?)^```$/gm)) {
    if (language === "sh") commands.push(...content.trim().split("\n"));
    else files[name] = content;
  }
  return { files, commands };
}
