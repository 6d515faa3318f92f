// For `bun --hot` and `bun --watch`.
import { handle } from "./plugin/index.ts";
import { serve } from "./serve-bun.ts";

serve(handle);
