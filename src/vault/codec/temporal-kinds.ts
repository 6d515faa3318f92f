import { MalformedError } from "./form.ts";
import type { Kind } from "./kind.ts";
import { refuseOwnProperties } from "./own-properties.ts";

/** A class of Temporal whose text says everything about an instance. */
interface TextualClass {
  readonly prototype: object;
  from(text: string): object;
}

const textual = (): Readonly<Record<string, TextualClass>> => ({
  Instant: Temporal.Instant,
  PlainDate: Temporal.PlainDate,
  PlainDateTime: Temporal.PlainDateTime,
  PlainMonthDay: Temporal.PlainMonthDay,
  PlainTime: Temporal.PlainTime,
  PlainYearMonth: Temporal.PlainYearMonth,
  ZonedDateTime: Temporal.ZonedDateTime,
});

/** The text of a duration joins its smaller units, so its fields are kept. */
const durationUnits = [
  "years",
  "months",
  "weeks",
  "days",
  "hours",
  "minutes",
  "seconds",
  "milliseconds",
  "microseconds",
  "nanoseconds",
] as const;

/**
 * None on a Bun without Temporal, so that importing hotswap does not fail there before it can say that the Bun is too
 * old.
 */
export const temporalKinds: readonly Kind[] =
  "Temporal" in globalThis ? [...Object.entries(textual()).map(textualKind), durationKind()] : [];

function textualKind([name, type]: readonly [string, TextualClass]): Kind {
  const tag = `Temporal.${name}`;
  return {
    tag,
    prototype: type.prototype,
    encode(value: object) {
      refuseOwnProperties(value);
      return [tag, String(value)];
    },
    create([, text]) {
      if (typeof text !== "string") throw new MalformedError(`${tag} without its text`);
      return type.from(text);
    },
  };
}

function durationKind(): Kind {
  return {
    tag: "Temporal.Duration",
    prototype: Temporal.Duration.prototype,
    encode(value: Temporal.Duration) {
      refuseOwnProperties(value);
      return ["Temporal.Duration", ...durationUnits.map((unit) => value[unit])];
    },
    create: ([, ...amounts]) => new Temporal.Duration(...amounts.map(Number)),
  };
}
