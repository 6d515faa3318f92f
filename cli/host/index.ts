export { explainCommand } from "./explain.ts";
export { generationsCommand } from "./generations.ts";
export { logsCommand } from "./logs.ts";
export { planCommand } from "./plan.ts";
export { reloadCommand, rollbackCommand } from "./reload.ts";
export { statusCommand } from "./status.ts";
export { topCommand } from "./top.ts";
export { vaultCommand } from "../vault.ts";
