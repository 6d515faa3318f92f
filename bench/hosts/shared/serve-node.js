import { createServer } from "node:http";
import { residentMemory } from "./memory.js";

/**
 * The server of every host that runs on `node:http`: `/` answers with the plugin's value, `/memory` with the resident
 * memory in bytes.
 *
 * @param {() => string | Promise<string>} handle
 */
export function serve(handle) {
  const server = createServer(async (request, response) => {
    try {
      response.end(request.url === "/memory" ? String(residentMemory()) : await handle());
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error));
    }
  });
  server.listen(Number(process.env.PORT), "127.0.0.1");
}
