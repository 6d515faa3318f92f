import type { DataBag } from "hotswap";
import type { Seat } from "../../contracts.ts";
import type { Message } from "./format.ts";

/** As many messages are kept of each room. */
const KEPT = 200;

declare module "hotswap" {
  interface DataBagEntries {
    [history: `history of ${string}`]: Message[];
    [people: `people in ${string}`]: string[];
  }
}

/** What is known of the rooms. It is in the data bag, which outlives this code. */
export class Rooms {
  readonly #bag: DataBag;

  constructor(bag: DataBag) {
    this.#bag = bag;
  }

  history(room: string): readonly Message[] {
    return this.#bag.get(`history of ${room}`) ?? [];
  }

  keep(room: string, message: Message): void {
    this.#bag.update(`history of ${room}`, (messages) => [...messages, message].slice(-KEPT), []);
  }

  people(room: string): readonly string[] {
    return this.#bag.get(`people in ${room}`) ?? [];
  }

  sitDown({ name, room }: Seat): void {
    this.#bag.update(`people in ${room}`, (names) => [...names, name], []);
  }

  standUp({ name, room }: Seat): void {
    // Two may have one name: only one of them leaves.
    const one = this.people(room).indexOf(name);
    this.#bag.set(
      `people in ${room}`,
      this.people(room).filter((_, place) => place !== one),
    );
  }

  count(): { readonly people: number; readonly messages: number } {
    let people = 0;
    let messages = 0;
    for (const [key, list] of this.#bag.entries()) {
      if (!Array.isArray(list)) continue;
      if (key.startsWith("people in ")) people += list.length;
      if (key.startsWith("history of ")) messages += list.length;
    }
    return { people, messages };
  }
}
