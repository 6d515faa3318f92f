/**
 * Characters that move a terminal's cursor, recolour it, set its title, or turn the direction of what follows: everything but the
 * line feed and the tab that shows nothing of its own and does something.
 */
// oxlint-disable-next-line no-control-regex
const ACTING = /[\0-\x08\x0B-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g;

/**
 * Text of plugins and users as it may be shown to people: characters that act on whatever shows it are written as
 * `\u001b`, which JSON takes for the same text.
 */
export function visible(text: string): string {
  return text.replace(ACTING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** An error whose message and stack may be shown: itself, unless {@link visible} would change them. */
export function visibleError(error: Error): Error {
  const [message, stack] = [visible(error.message), visible(error.stack ?? "")];
  if (message === error.message && stack === (error.stack ?? "")) return error;
  return Object.assign(new Error(message), { name: visible(error.name), stack });
}
