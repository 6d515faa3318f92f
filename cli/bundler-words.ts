import { bundlerFlagWidth } from "../src/build/bundler-flags.ts";

/** The flags of Bun's bundler among words, with their values, and the rest. */
export function withoutBundlerFlags(words: readonly string[]): { readonly own: string[]; readonly bundlers: string[] } {
  const own: string[] = [];
  const bundlers: string[] = [];
  for (let index = 0; index < words.length;) {
    const width = bundlerFlagWidth(words[index] ?? "");
    const next = index + Math.max(1, width);
    (width === 0 ? own : bundlers).push(...words.slice(index, next));
    index = next;
  }
  return { own, bundlers };
}

/** Words as they are typed in a shell. */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(" ");
}
