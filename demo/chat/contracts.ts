/** Who sits at a socket. The host keeps it as the socket's data, so it outlives every reload: it is plain data. */
export interface Seat {
  readonly name: string;
  readonly room: string;
}

/** What the page sends. */
export type ToServer = { readonly kind: "say"; readonly text: string } | { readonly kind: "history" };

/** What the page receives. */
export type ToPage =
  | { readonly kind: "history"; readonly lines: readonly Line[]; readonly reloads: number }
  | { readonly kind: "line"; readonly line: Line }
  | { readonly kind: "people"; readonly names: readonly string[] }
  | { readonly kind: "reloaded" };

/** What a line that begins with a slash does: `words` is what follows the command. */
export type Command = (words: string, speaker: Speaker) => Line;

export interface Speaker {
  readonly name: string;
  /** Who is in the room. */
  readonly people: readonly string[];
}

export interface Line {
  /** How it is set: what somebody said, what happened, or what only this page is told. */
  readonly look: "said" | "event" | "private";
  readonly text: string;
}
