/** How `Bun.inspect` shows a body that is a stream. A header's value cannot look like it: it has no line breaks. */
const STREAM_LINE = "\n  ReadableStream {";

let inspectTells: boolean | undefined;

/**
 * Whether the body of a response that Bun has taken still needs code or a fetch of its plugin: a stream that has not ended.
 * Everything else is read by Bun itself. To be asked only of a response that is being sent: showing it changes others.
 */
export function needsCode(response: Response): boolean {
  // The body of a fetched response is read by Bun, from a connection that is the plugin's.
  if (response.url !== "") return true;
  inspectTells ??= shows(new Response(new ReadableStream())) && !shows(new Response("text"));
  return !inspectTells || shows(response);
}

function shows(response: Response): boolean {
  return Bun.inspect(response).includes(STREAM_LINE);
}
