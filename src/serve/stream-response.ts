/** How `Bun.inspect` shows a body that is a stream. A header's value cannot look like it: it has no line breaks. */
const STREAM_LINE = "\n  ReadableStream {";

let inspectTells: boolean | undefined;

/**
 * Whether the body is a stream, whose code goes on running after the response was returned. `response.body` would not tell:
 * asking for it turns every body into a stream, which loses the content type of a text. So the response is inspected; should a
 * Bun show it in another way, every response counts as one with a stream, which is right, if slower.
 */
export function hasStream(response: Response): boolean {
  // The body of a fetched response arrives as a stream before it looks like one.
  if (response.url !== "") return response.body !== null;
  inspectTells ??= showsStream(new Response(new ReadableStream())) && !showsStream(new Response("text"));
  return inspectTells ? showsStream(response) : response.body !== null;
}

function showsStream(response: Response): boolean {
  return Bun.inspect(response).includes(STREAM_LINE);
}
