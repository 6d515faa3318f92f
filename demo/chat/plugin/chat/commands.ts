import type { Scope } from "hotswap";
import type { Command, Line, Speaker } from "../../contracts.ts";
import { commands } from "../../host/commands.ts";

const own: Readonly<Record<string, Command>> = {
  help: () => ({ look: "private", text: `you can /${Array.from(commands.keys()).join(" /")}` }),
  me: (words) => ({ look: "event", text: words }),
  roll: () => ({ look: "event", text: `rolls a ${1 + Math.floor(Math.random() * 6)}` }),
  shout: (words) => ({ look: "said", text: words.toUpperCase() }),
  who: (_, { name, people }) => ({ look: "private", text: `you are ${name}, with ${people.length} here` }),
};

/** They are there as long as this version is the live one. */
export function registerCommands(scope: Scope): void {
  for (const [name, command] of Object.entries(own)) scope.register(commands, name, command);
}

/** What a line that begins with a slash comes to. */
export function answer(text: string, speaker: Speaker): Line {
  const [, name = "", words = ""] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? [];
  return commands.get(name)?.(words, speaker) ?? { look: "private", text: `there is no /${name}: try /help` };
}
