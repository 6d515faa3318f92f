import type { Line } from "../../contracts.ts";

interface Speaker {
  readonly name: string;
  /** Who is in the room. */
  readonly people: readonly string[];
}

/** What a line that begins with a slash does: `words` is what follows the command. */
type Command = (words: string, speaker: Speaker) => Line;

const commands: Readonly<Record<string, Command>> = {
  help: () => ({ look: "private", text: `you can /${Object.keys(commands).join(" /")}` }),
  me: (words) => ({ look: "event", text: words }),
  roll: () => ({ look: "event", text: `rolls a ${1 + Math.floor(Math.random() * 6)}` }),
  shout: (words) => ({ look: "said", text: words.toUpperCase() }),
  who: (_, { name, people }) => ({ look: "private", text: `you are ${name}, with ${people.length} here` }),
};

/** What a line that begins with a slash comes to. */
export function answer(text: string, speaker: Speaker): Line {
  const [, name = "", words = ""] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? [];
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  return command?.(words, speaker) ?? { look: "private", text: `there is no /${name}: try /help` };
}
