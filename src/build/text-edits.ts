/** A span of a text, in UTF-16 indices, and what is to stand there. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Replaces spans. Blanks fill up what is followed by code, and line feeds are kept, so what follows stays in its line, and in
 * its column unless a text is longer than what it replaces.
 */
export function applyEdits(code: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let position = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    const blanks = code.slice(start, end).replaceAll(/[^\n]/g, " ");
    parts.push(code.slice(position, start), text);
    if (blanks.includes("\n")) parts.push(blanks);
    else if (code[end] !== "\n") parts.push(blanks.slice(text.length));
    position = end;
  }
  parts.push(code.slice(position));
  return parts.join("");
}

/** Replaces spans, which may leave other lines and columns than there were. */
export function replaceSpans(code: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let position = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(code.slice(position, start), text);
    position = end;
  }
  parts.push(code.slice(position));
  return parts.join("");
}
