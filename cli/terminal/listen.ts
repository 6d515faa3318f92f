import { UsageError } from "../frame/command.ts";
import { portOf } from "../frame/flag-values.ts";

/**
 * Starts a dashboard at the given port, with the token of the environment. Throws a {@link UsageError} for a port that is
 * none or is taken, and for a token that could be guessed.
 */
export function listen<Server>(
  given: string | undefined,
  start: (options: { readonly port: number; readonly token: string | undefined }) => Server,
): Server {
  const port = portOf(given);
  try {
    return start({ port, token: process.env["HOTSWAP_DASHBOARD_TOKEN"] });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`HOTSWAP_DASHBOARD_TOKEN: ${error.message}`);
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new UsageError(`port ${port} is taken: give another, or leave --port out`);
  }
}
