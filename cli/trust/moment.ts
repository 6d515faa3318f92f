import { UsageError } from "../frame/command.ts";

const DAY = 24 * 60 * 60 * 1000;
const HOUR = 60 * 60 * 1000;

/** The time that `--expires` names: days or hours from now, or a date. Throws a {@link UsageError}. */
export function momentOf(given: string): Date {
  const [, amount, unit] = /^(\d{1,6})([dh])$/.exec(given) ?? [];
  const moment = new Date(amount === undefined ? given : Date.now() + Number(amount) * (unit === "d" ? DAY : HOUR));
  if (Number.isNaN(moment.getTime())) {
    throw new UsageError(`--expires takes days (90d), hours (12h), or a date (2030-01-31), not "${given}"`);
  }
  if (moment.getTime() <= Date.now()) throw new UsageError(`--expires ${given} is over already`);
  return moment;
}
