import { handle } from "./plugin/index.js";
import { serve } from "./serve-node.js";

import.meta.hot.accept("./plugin/index.js");
serve(() => handle());
