// For `node --watch`, with and without tsx.
import { handle } from "./plugin/index.js";
import { serve } from "./shared/serve-node.js";

serve(() => handle());
