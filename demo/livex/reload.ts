// Rebuilds the plugins of the demo and has its server reload; starts a server when none is running.
import { reloadDemo } from "../kit/reload-demo.ts";

await reloadDemo(import.meta.dir);
