import { estimateShallowMemoryUsageOf } from "bun:jsc";

/**
 * Whether the body is a stream, whose code goes on running after the response was returned. `response.body` would not tell:
 * asking for it turns every body into a stream, which loses the content type of a text. So it is told from the outside, and
 * whatever is not known to be something else counts as a stream: that is right in any case, if slower.
 */
export function hasStream(response: Response): boolean {
  // The body of a fetched response arrives as a stream before it looks like one.
  if (response.url !== "") return response.body !== null;
  return !isInMemory(response) && (showsStream(response) ?? response.body !== null);
}

/** What Bun counts as the memory of a response with a stream, in bytes; `undefined` before the first use. */
let streamed: number | undefined;

/**
 * Whether the response is known to hold its body itself, as it does with a text, JSON or bytes: these bytes then count as its
 * memory. A fast answer for what most handlers return; a blob, a file and nothing are not recognised.
 */
function isInMemory(response: Response): boolean {
  streamed ??= streamedMemory();
  return (
    estimateShallowMemoryUsageOf(response) > streamed &&
    // What else would count.
    response.statusText === "" &&
    Reflect.ownKeys(response).length === 0 &&
    Reflect.getPrototypeOf(response) === Response.prototype
  );
}

/** Infinity when this Bun counts in another way. */
function streamedMemory(): number {
  const memory = estimateShallowMemoryUsageOf(new Response(new ReadableStream()));
  const withHeaders = new Response(new ReadableStream(), { headers: { "content-type": "text/plain" } });
  const countsBodies = estimateShallowMemoryUsageOf(new Response("12345")) === memory + 5;
  return countsBodies && estimateShallowMemoryUsageOf(withHeaders) === memory ? memory : Infinity;
}

/** How `Bun.inspect` shows a body that is a stream. A header's value cannot look like it: it has no line breaks. */
const STREAM_LINE = "\n  ReadableStream {";

let inspectTells: boolean | undefined;

/** Whether it looks like a response with a stream; `undefined` when this Bun shows them in another way. */
function showsStream(response: Response): boolean | undefined {
  const shows = (shown: Response): boolean => Bun.inspect(shown).includes(STREAM_LINE);
  inspectTells ??= shows(new Response(new ReadableStream())) && !shows(new Response("text"));
  return inspectTells ? shows(response) : undefined;
}
