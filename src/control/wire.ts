import { describeError, type ErrorCode, errorCodes, HotswapError, originalStack, type Phase } from "../errors.ts";
import { placeOf } from "../place.ts";
import { excerptOf } from "./excerpt.ts";
import type { WireError } from "./protocol.ts";

/** What of an error goes over the wire. */
export function toWire(error: unknown): WireError {
  const message = describeError(error);
  const stack = originalStack(error);
  const place = stack === undefined ? {} : { stack, ...sourceOf(stack) };
  if (!(error instanceof HotswapError)) return { code: null, message, plugin: null, phase: null, ...place };
  return { code: error.code, message, plugin: error.plugin ?? null, phase: error.phase ?? null, ...place };
}

/** The error that a host reported; `HOTSWAP_CONTROL_FAILED` when it was not an error of hotswap there. */
export function fromWire({ code, message, plugin, phase }: WireError): HotswapError {
  if (code === null || !isErrorCode(code)) return new HotswapError("HOTSWAP_CONTROL_FAILED", message);
  return new HotswapError(code, message, { plugin: plugin ?? undefined, phase: (phase ?? undefined) as Phase });
}

/** A host of another version may have codes that this one lacks. */
function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

function sourceOf(stack: string): Pick<WireError, "place" | "excerpt"> {
  const place = placeOf(stack);
  if (place === undefined) return {};
  const excerpt = excerptOf(place);
  return { place, ...(excerpt === null ? {} : { excerpt }) };
}
