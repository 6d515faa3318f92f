/** Resolves to the exit code when the process is asked to end; `end` asks for it from within. */
export function untilAsked(): { readonly asked: Promise<number>; readonly end: (exitCode: number) => void } {
  const { promise, resolve: end } = Promise.withResolvers<number>();
  process.once("SIGINT", () => end(130));
  process.once("SIGTERM", () => end(143));
  process.once("SIGHUP", () => end(129));
  return { asked: promise, end };
}
