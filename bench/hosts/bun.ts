// For `bun --hot` and `bun --watch`.
import { handle } from "./plugin/index.ts";
import { serve } from "./shared/serve-bun.ts";

serve(handle);
