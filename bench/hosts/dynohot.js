import { handle } from "./plugin/index.js";
import { serve } from "./shared/serve-node.js";

import.meta.hot.accept("./plugin/index.js");
serve(() => handle());
