import { dirname } from "node:path";
import { hashOf, headerLine, HEADER_SIZE, RUN_AS_IT_IS } from "../../src/artifact/layout.ts";
import { publishArtifact } from "../../src/artifact/publish.ts";

/**
 * Publishes versions of a built artifact that differ in some texts, without building each: what a benchmark of reloads
 * needs is many real artifacts, each with a hash of its own.
 */
export class Stamp {
  readonly #dir: string;
  readonly #body: Buffer;
  /** Where each text stands. */
  readonly #places: readonly (readonly number[])[];

  private constructor(dir: string, body: Buffer, places: readonly (readonly number[])[]) {
    this.#dir = dir;
    this.#body = body;
    this.#places = places;
  }

  /** Reads a template. Throws when it does not hold one of `texts`. */
  static async of(file: string, ...texts: string[]): Promise<Stamp> {
    const body = Buffer.from(await Bun.file(file).bytes()).subarray(HEADER_SIZE);
    const places = texts.map((text) => {
      const found: number[] = [];
      for (let place = body.indexOf(text); place !== -1; place = body.indexOf(text, place + 1)) found.push(place);
      if (found.length === 0) throw new Error(`${file} does not hold ${text}`);
      return found;
    });
    return new Stamp(dirname(file), body, places);
  }

  /**
   * Publishes the plugin `name` beside the template, with `texts` in the places of the template's. Each is as long as
   * the one it replaces.
   */
  publish(name: string, ...texts: string[]): void {
    for (const [index, text] of texts.entries()) {
      for (const place of this.#places[index] ?? []) this.#body.write(text, place, "latin1");
    }
    const header = Buffer.from(RUN_AS_IT_IS + headerLine(hashOf(this.#body)));
    publishArtifact(this.#dir, name, Buffer.concat([header, this.#body]));
  }
}

/** `number` as a text that is always as long: `prefix` and eight digits. */
export function numbered(prefix: string, number: number): string {
  return prefix + String(number).padStart(8, "0");
}
