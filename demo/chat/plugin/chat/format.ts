import type { Line } from "../../contracts.ts";

/** What is kept of a message: what was meant, and not how it looks. */
export interface Message {
  readonly look: "said" | "event";
  readonly name: string;
  readonly text: string;
  /** In ms since 1970. */
  readonly at: number;
}

/** How a message looks. Old ones look like this, too, as soon as this code is live. */
export function format({ look, name, text }: Message): Line {
  return { look, text: look === "said" ? `${name}: ${text}` : `${name} ${text}` };
}
