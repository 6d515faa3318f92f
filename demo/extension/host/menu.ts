export interface Dish {
  readonly name: string;
  /** In coins. */
  readonly price: number;
  /** The plugin that makes it. */
  readonly cook: string;
}

/** What the plugins of one set offer: the extension of their vault. */
export class Menu {
  readonly #dishes = new Map<string, Dish>();

  /** Throws when another plugin has the dish: then the reload fails, and the menu before it stays. */
  add(dish: Dish): void {
    const other = this.#dishes.get(dish.name);
    if (other !== undefined) throw new Error(`${dish.name} is made by ${other.cook} already`);
    this.#dishes.set(dish.name, dish);
  }

  get dishes(): Iterable<Dish> {
    return this.#dishes.values();
  }
}
