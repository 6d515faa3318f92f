// Rebuilds the plugin and has the server reload; starts a server when none is running.
import { reloadDemo } from "../kit/reload-demo.ts";

await reloadDemo(import.meta.dir);
